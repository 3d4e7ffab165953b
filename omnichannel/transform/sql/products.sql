SELECT
  "t8"."op",
  "t8"."source_ts",
  "t8"."product_id",
  "t8"."name",
  "t8"."category_l1",
  "t8"."category_l2",
  "t8"."brand",
  "t8"."price",
  "t8"."currency",
  "t8"."image_url",
  "t8"."min_age",
  "t8"."active",
  "t8"."_content_id",
  "t8"."_line",
  "t8"."_sequence"
FROM (
  SELECT
    "t7"."op",
    "t7"."source_ts",
    "t7"."product_id",
    "t7"."name",
    "t7"."category_l1",
    "t7"."category_l2",
    "t7"."brand",
    "t7"."price",
    "t7"."currency",
    "t7"."image_url",
    "t7"."min_age",
    "t7"."active",
    "t7"."_content_id",
    "t7"."_line",
    "t7"."_sequence",
    ROW_NUMBER() OVER (
      PARTITION BY "t7"."product_id"
      ORDER BY COALESCE("t7"."_sequence", 0) DESC, "t7"."_line" DESC, "t7"."_content_id" DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      "t2"."op",
      "t2"."source_ts",
      "t2"."product_id",
      "t2"."name",
      "t2"."category_l1",
      "t2"."category_l2",
      "t2"."brand",
      "t2"."price",
      "t2"."currency",
      "t2"."image_url",
      "t2"."min_age",
      "t2"."active",
      "t2"."_content_id",
      "t2"."_line",
      "t2"."_sequence"
    FROM "products_changes" AS "t2"
    SEMI JOIN (
      SELECT
        "t4"."product_id",
        MAX("t4"."source_ts") AS "source_ts"
      FROM (
        SELECT
          *
        FROM "products_changes" AS "t0"
        WHERE
          "t0"."source_ts" < GETVARIABLE('as_of')
      ) AS "t4"
      GROUP BY
        1
    ) AS "t6"
      ON "t2"."product_id" = "t6"."product_id" AND "t2"."source_ts" = "t6"."source_ts"
  ) AS "t7"
) AS "t8"
WHERE
  "t8"."_rank" = 0
  AND (
    (
      "t8"."op" IS NULL
    ) OR (
      "t8"."op" <> 'D'
    )
  )
