SELECT
  "t0"."customer_id",
  "t0"."channel",
  COUNT(*) AS "orders"
FROM "bought" AS "t0"
GROUP BY
  1,
  2
