SELECT
  "t16"."customer_id",
  "t9"."category",
  "t16"."at",
  "t16"."strength"
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
    ) AS "t12"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        "t11"."customer_id",
        "t10"."product_id",
        "t11"."ordered_at" AS "at",
        5 AS "strength"
      FROM (
        SELECT
          "t3"."order_id",
          "t3"."product_id"
        FROM "order_lines" AS "t3"
      ) AS "t10"
      INNER JOIN (
        SELECT
          "t4"."order_id",
          "t4"."customer_id",
          "t4"."ordered_at"
        FROM "bought" AS "t4"
      ) AS "t11"
        ON "t10"."order_id" = "t11"."order_id"
    ) AS "t13"
  ) AS "t14"
  WHERE
    "t14"."at" >= (
      GETVARIABLE('as_of') - INTERVAL '365' DAY
    )
    AND "t14"."at" < GETVARIABLE('as_of')
) AS "t16"
INNER JOIN (
  SELECT
    "t0"."product_id",
    "t0"."category_l1" AS "category"
  FROM "products" AS "t0"
) AS "t9"
  ON "t16"."product_id" = "t9"."product_id"
