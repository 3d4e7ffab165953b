SELECT
  "t0"."product_id",
  SUM("t0"."quantity") AS "stock"
FROM "stock_levels" AS "t0"
GROUP BY
  1
