WITH "last_changes" AS (
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
), "tied_keys" AS (
  SELECT
    *
  FROM (
    SELECT
      "t8"."product_id",
      COUNT(*) AS "_times"
    FROM "last_changes" AS "t8"
    GROUP BY
      1
  ) AS "t10"
  WHERE
    "t10"."_times" > 1
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t9"."op",
      "t9"."source_ts",
      "t9"."product_id",
      "t9"."name",
      "t9"."category_l1",
      "t9"."category_l2",
      "t9"."brand",
      "t9"."price",
      "t9"."currency",
      "t9"."image_url",
      "t9"."min_age",
      "t9"."active",
      "t9"."_content_id",
      "t9"."_line",
      "t9"."_sequence"
    FROM "last_changes" AS "t9"
    ANTI JOIN "tied_keys" AS "t13"
      ON "t9"."product_id" = "t13"."product_id"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t16"."op",
      "t16"."source_ts",
      "t16"."product_id",
      "t16"."name",
      "t16"."category_l1",
      "t16"."category_l2",
      "t16"."brand",
      "t16"."price",
      "t16"."currency",
      "t16"."image_url",
      "t16"."min_age",
      "t16"."active",
      "t16"."_content_id",
      "t16"."_line",
      "t16"."_sequence"
    FROM (
      SELECT
        "t15"."op",
        "t15"."source_ts",
        "t15"."product_id",
        "t15"."name",
        "t15"."category_l1",
        "t15"."category_l2",
        "t15"."brand",
        "t15"."price",
        "t15"."currency",
        "t15"."image_url",
        "t15"."min_age",
        "t15"."active",
        "t15"."_content_id",
        "t15"."_line",
        "t15"."_sequence",
        ROW_NUMBER() OVER (
          PARTITION BY "t15"."product_id"
          ORDER BY COALESCE("t15"."_sequence", 0) DESC, "t15"."_line" DESC, "t15"."_content_id" DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "_rank"
      FROM (
        SELECT
          "t9"."op",
          "t9"."source_ts",
          "t9"."product_id",
          "t9"."name",
          "t9"."category_l1",
          "t9"."category_l2",
          "t9"."brand",
          "t9"."price",
          "t9"."currency",
          "t9"."image_url",
          "t9"."min_age",
          "t9"."active",
          "t9"."_content_id",
          "t9"."_line",
          "t9"."_sequence"
        FROM "last_changes" AS "t9"
        SEMI JOIN "tied_keys" AS "t13"
          ON "t9"."product_id" = "t13"."product_id"
      ) AS "t15"
    ) AS "t16"
    WHERE
      "t16"."_rank" = 0
  ) AS "t17"
) AS "t18"
WHERE
  (
    "t18"."op" IS NULL
  ) OR (
    "t18"."op" <> 'D'
  )
