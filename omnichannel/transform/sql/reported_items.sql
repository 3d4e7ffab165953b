WITH "t5" AS (
  SELECT
    "t4"."message_id",
    "t4"."event",
    "t4"."user_id",
    "t4"."anonymous_id",
    "t4"."timestamp",
    "t4"."session_id",
    "t4"."product_id",
    "t4"."order_id",
    "t4"."products",
    "t4"."customer_id"
  FROM (
    SELECT
      *
    FROM "events_of_customers" AS "t0"
    WHERE
      "t0"."event" = 'Order Completed'
  ) AS "t4"
  ANTI JOIN "order_lines" AS "t2"
    ON "t4"."order_id" = "t2"."order_id"
), "t11" AS (
  SELECT
    "t10"."message_id",
    "t10"."customer_id",
    "t10"."timestamp",
    REGEXP_EXTRACT("t10"."piece", '^\s*:\s*"?([^",}\]]+)', 1) AS "item"
  FROM (
    SELECT
      "t8"."message_id",
      "t8"."event",
      "t8"."user_id",
      "t8"."anonymous_id",
      "t8"."timestamp",
      "t8"."session_id",
      "t8"."product_id",
      "t8"."order_id",
      "t8"."products",
      "t8"."customer_id",
      UNNEST(STR_SPLIT("t8"."products", '"product_id"')) AS "piece"
    FROM (
      SELECT
        *
      FROM "t5" AS "t6"
      WHERE
        NOT "t6"."products" IS NULL
    ) AS "t8"
  ) AS "t10"
  WHERE
    NOT REGEXP_EXTRACT("t10"."piece", '^\s*:\s*"?([^",}\]]+)', 1) IS NULL
    AND REGEXP_EXTRACT("t10"."piece", '^\s*:\s*"?([^",}\]]+)', 1) <> ''
)
SELECT
  "t15"."customer_id" AS "USER_ID",
  "t15"."item" AS "ITEM_ID",
  'Purchase' AS "EVENT_TYPE",
  CAST(EPOCH(CAST("t15"."timestamp" AS TIMESTAMP)) AS BIGINT) AS "TIMESTAMP"
FROM (
  SELECT
    *
  FROM "t11" AS "t12"
  UNION
  SELECT
    *
  FROM (
    SELECT
      "t9"."message_id",
      "t9"."customer_id",
      "t9"."timestamp",
      "t9"."product_id" AS "item"
    FROM (
      SELECT
        *
      FROM "t5" AS "t6"
      WHERE
        NOT "t6"."product_id" IS NULL
    ) AS "t9"
    ANTI JOIN "t11" AS "t13"
      ON "t9"."message_id" = "t13"."message_id"
  ) AS "t14"
) AS "t15"
WHERE
  LENGTH("t15"."item") <= 256
