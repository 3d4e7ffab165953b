SELECT
  "t3"."product_id",
  MIN("t3"."source_ts") AS "created_at"
FROM (
  SELECT
    *
  FROM "products_changes" AS "t0"
  WHERE
    "t0"."source_ts" < GETVARIABLE('as_of')
) AS "t3"
GROUP BY
  1
