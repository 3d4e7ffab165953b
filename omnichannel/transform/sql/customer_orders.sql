SELECT
  "t0"."customer_id",
  COUNT(*) AS "orders",
  COUNT(*) FILTER(WHERE
    COALESCE("t0"."ordered_at" >= (
      GETVARIABLE('as_of') - INTERVAL '365' DAY
    ), FALSE)) AS "recent_orders",
  MIN("t0"."ordered_at") AS "first_order_at",
  MAX("t0"."ordered_at") AS "last_order_at",
  CAST(ROUND(
    AVG(
      CASE
        WHEN (
          CAST("t0"."total" AS DOUBLE) + COALESCE(CAST("t0"."discount" AS DOUBLE), 0.0)
        ) > 0
        THEN COALESCE(CAST("t0"."discount" AS DOUBLE), 0.0) / NULLIF(CAST("t0"."total" AS DOUBLE) + COALESCE(CAST("t0"."discount" AS DOUBLE), 0.0), 0.0)
        ELSE 0.0
      END
    ),
    2
  ) AS DOUBLE) AS "discount_share"
FROM "bought" AS "t0"
GROUP BY
  1
