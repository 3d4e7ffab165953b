SELECT
  "t6"."customer_id" AS "user_id",
  "t6"."item" AS "item_id",
  'Purchase' AS "event_type",
  CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t6"."timestamp") AS TIMESTAMP)) AS BIGINT) AS "timestamp"
FROM (
  SELECT
    "t4"."order_id",
    "t4"."item",
    "t5"."customer_id",
    "t5"."timestamp"
  FROM (
    SELECT
      "t0"."order_id",
      "t0"."product_id" AS "item"
    FROM "order_lines" AS "t0"
  ) AS "t4"
  INNER JOIN (
    SELECT
      "t1"."order_id",
      "t1"."customer_id",
      "t1"."ordered_at" AS "timestamp"
    FROM "bought" AS "t1"
  ) AS "t5"
    ON "t4"."order_id" = "t5"."order_id"
) AS "t6"
WHERE
  LENGTH("t6"."item") <= 256
