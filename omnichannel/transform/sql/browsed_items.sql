SELECT
  "t0"."customer_id" AS "user_id",
  "t0"."product_id" AS "item_id",
  CASE "t0"."event"
    WHEN 'Product Viewed'
    THEN 'View'
    WHEN 'Product Added'
    THEN 'AddToCart'
    ELSE NULL
  END AS "event_type",
  CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."timestamp") AS TIMESTAMP)) AS BIGINT) AS "timestamp"
FROM "events_of_customers" AS "t0"
WHERE
  NOT "t0"."product_id" IS NULL
  AND "t0"."event" IN ('Product Viewed', 'Product Added')
  AND LENGTH("t0"."product_id") <= 256
