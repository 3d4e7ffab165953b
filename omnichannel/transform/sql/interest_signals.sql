SELECT
  "t15"."customer_id",
  "t9"."category",
  "t15"."at",
  "t15"."strength"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t1"."customer_id",
        "t1"."product_id",
        "t1"."timestamp" AS "at",
        CAST(CASE WHEN "t1"."event" = 'Product Added' THEN 3 ELSE 1 END AS BIGINT) AS "strength"
      FROM "events_of_customers" AS "t1"
      WHERE
        NOT "t1"."product_id" IS NULL
        AND "t1"."event" IN ('Product Viewed', 'Product Added')
    ) AS "t11"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        "t10"."customer_id",
        "t5"."product_id",
        "t10"."ordered_at" AS "at",
        5 AS "strength"
      FROM "order_lines" AS "t5"
      INNER JOIN (
        SELECT
          "t4"."order_id",
          "t4"."customer_id",
          "t4"."ordered_at"
        FROM "bought" AS "t4"
      ) AS "t10"
        ON "t5"."order_id" = "t10"."order_id"
    ) AS "t12"
  ) AS "t13"
  WHERE
    "t13"."at" >= (
      GETVARIABLE('as_of') - INTERVAL '365' DAY
    )
    AND "t13"."at" < GETVARIABLE('as_of')
) AS "t15"
INNER JOIN (
  SELECT
    "t0"."product_id",
    "t0"."category_l1" AS "category"
  FROM "products" AS "t0"
) AS "t9"
  ON "t15"."product_id" = "t9"."product_id"
