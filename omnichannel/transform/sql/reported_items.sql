WITH "t6" AS (
  SELECT
    "t5"."message_id",
    "t5"."customer_id",
    "t5"."event",
    "t5"."timestamp",
    "t5"."product_id",
    "t5"."order_id",
    "t5"."products"
  FROM (
    SELECT
      "t0"."message_id",
      "t0"."customer_id",
      "t0"."event",
      "t0"."timestamp",
      "t0"."product_id",
      "t0"."order_id",
      "t0"."products"
    FROM "events_of_customers" AS "t0"
    WHERE
      "t0"."event" = 'Order Completed'
  ) AS "t5"
  ANTI JOIN (
    SELECT
      "t1"."order_id"
    FROM "order_lines" AS "t1"
  ) AS "t4"
    ON "t5"."order_id" = "t4"."order_id"
), "t12" AS (
  SELECT
    "t11"."message_id",
    "t11"."customer_id",
    "t11"."timestamp",
    REGEXP_EXTRACT("t11"."piece", '^\s*:\s*"?([^",}\]]+)', 1) AS "item"
  FROM (
    SELECT
      "t9"."message_id",
      "t9"."customer_id",
      "t9"."event",
      "t9"."timestamp",
      "t9"."product_id",
      "t9"."order_id",
      "t9"."products",
      UNNEST(STR_SPLIT("t9"."products", '"product_id"')) AS "piece"
    FROM (
      SELECT
        *
      FROM "t6" AS "t7"
      WHERE
        NOT "t7"."products" IS NULL
    ) AS "t9"
  ) AS "t11"
  WHERE
    NOT REGEXP_EXTRACT("t11"."piece", '^\s*:\s*"?([^",}\]]+)', 1) IS NULL
    AND REGEXP_EXTRACT("t11"."piece", '^\s*:\s*"?([^",}\]]+)', 1) <> ''
)
SELECT
  "t16"."customer_id" AS "user_id",
  "t16"."item" AS "item_id",
  'Purchase' AS "event_type",
  CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t16"."timestamp") AS TIMESTAMP)) AS BIGINT) AS "timestamp"
FROM (
  SELECT
    *
  FROM "t12" AS "t13"
  UNION
  SELECT
    *
  FROM (
    SELECT
      "t10"."message_id",
      "t10"."customer_id",
      "t10"."timestamp",
      "t10"."product_id" AS "item"
    FROM (
      SELECT
        *
      FROM "t6" AS "t7"
      WHERE
        NOT "t7"."product_id" IS NULL
    ) AS "t10"
    ANTI JOIN "t12" AS "t14"
      ON "t10"."message_id" = "t14"."message_id"
  ) AS "t15"
) AS "t16"
WHERE
  LENGTH("t16"."item") <= 256
