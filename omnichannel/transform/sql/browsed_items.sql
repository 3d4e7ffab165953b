SELECT
  "t0"."customer_id" AS "USER_ID",
  "t0"."product_id" AS "ITEM_ID",
  CASE "t0"."event"
    WHEN 'Product Viewed'
    THEN 'View'
    WHEN 'Product Added'
    THEN 'AddToCart'
    ELSE NULL
  END AS "EVENT_TYPE",
  CAST(EPOCH(CAST("t0"."timestamp" AS TIMESTAMP)) AS BIGINT) AS "TIMESTAMP"
FROM "events_of_customers" AS "t0"
WHERE
  NOT "t0"."product_id" IS NULL
  AND "t0"."event" IN ('Product Viewed', 'Product Added')
  AND LENGTH("t0"."product_id") <= 256
