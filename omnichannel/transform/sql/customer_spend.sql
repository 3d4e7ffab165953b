SELECT
  "t1"."customer_id",
  "t1"."currency",
  "t1"."orders",
  "t1"."spend",
  CAST(CAST(ROUND(
    CAST(CAST(FLOOR(
      (
        (
          CAST(ROUND(CAST("t1"."spend" AS DOUBLE) * 10000, 0) AS BIGINT) * 2
        ) + (
          "t1"."orders" * 100
        )
      ) / (
        "t1"."orders" * 100 * 2
      )
    ) AS BIGINT) AS DOUBLE) / 100,
    2
  ) AS DOUBLE) AS DECIMAL(18, 4)) AS "average_order"
FROM (
  SELECT
    "t0"."customer_id",
    "t0"."currency",
    COUNT(*) AS "orders",
    CAST(CASE
      WHEN SUM("t0"."total") > CAST(99999999999999.0000 AS DECIMAL(18, 4))
      THEN CAST(99999999999999.0000 AS DECIMAL(18, 4))
      WHEN SUM("t0"."total") < -(
        CAST(99999999999999.0000 AS DECIMAL(18, 4))
      )
      THEN -(
        CAST(99999999999999.0000 AS DECIMAL(18, 4))
      )
      ELSE SUM("t0"."total")
    END AS DECIMAL(18, 4)) AS "spend"
  FROM "bought" AS "t0"
  GROUP BY
    1,
    2
) AS "t1"
