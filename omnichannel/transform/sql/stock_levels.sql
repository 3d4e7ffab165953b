SELECT
  "t8"."op",
  "t8"."source_ts",
  "t8"."product_id",
  "t8"."location_id",
  "t8"."quantity",
  "t8"."updated_at",
  "t8"."_content_id",
  "t8"."_line",
  "t8"."_sequence"
FROM (
  SELECT
    "t7"."op",
    "t7"."source_ts",
    "t7"."product_id",
    "t7"."location_id",
    "t7"."quantity",
    "t7"."updated_at",
    "t7"."_content_id",
    "t7"."_line",
    "t7"."_sequence",
    ROW_NUMBER() OVER (
      PARTITION BY "t7"."product_id", "t7"."location_id"
      ORDER BY COALESCE("t7"."_sequence", 0) DESC, "t7"."_line" DESC, "t7"."_content_id" DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      "t2"."op",
      "t2"."source_ts",
      "t2"."product_id",
      "t2"."location_id",
      "t2"."quantity",
      "t2"."updated_at",
      "t2"."_content_id",
      "t2"."_line",
      "t2"."_sequence"
    FROM "stock_levels_changes" AS "t2"
    SEMI JOIN (
      SELECT
        "t4"."product_id",
        "t4"."location_id",
        MAX("t4"."source_ts") AS "source_ts"
      FROM (
        SELECT
          *
        FROM "stock_levels_changes" AS "t0"
        WHERE
          "t0"."source_ts" < GETVARIABLE('as_of')
      ) AS "t4"
      GROUP BY
        1,
        2
    ) AS "t6"
      ON "t2"."product_id" = "t6"."product_id"
      AND "t2"."location_id" = "t6"."location_id"
      AND "t2"."source_ts" = "t6"."source_ts"
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
