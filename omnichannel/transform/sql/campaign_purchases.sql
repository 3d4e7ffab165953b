SELECT
  "t7"."customer_id",
  "t7"."campaign",
  "t7"."run",
  COUNT(*) AS "orders",
  CAST(CASE
    WHEN SUM("t7"."total") > CAST(99999999999999.0000 AS DECIMAL(18, 4))
    THEN CAST(99999999999999.0000 AS DECIMAL(18, 4))
    WHEN SUM("t7"."total") < -(
      CAST(99999999999999.0000 AS DECIMAL(18, 4))
    )
    THEN -(
      CAST(99999999999999.0000 AS DECIMAL(18, 4))
    )
    ELSE SUM("t7"."total")
  END AS DECIMAL(18, 4)) AS "revenue"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t4"."customer_id",
      "t4"."campaign",
      "t4"."run",
      "t4"."decided_at",
      "t4"."ends_at",
      "t5"."ordered_at",
      "t5"."total",
      "t5"."buyer"
    FROM (
      SELECT
        "t0"."customer_id",
        "t0"."campaign",
        "t0"."run",
        "t0"."decided_at",
        "t0"."ends_at"
      FROM "campaign_decisions" AS "t0"
    ) AS "t4"
    INNER JOIN (
      SELECT
        "t1"."ordered_at",
        "t1"."total",
        "t1"."customer_id" AS "buyer"
      FROM "bought" AS "t1"
    ) AS "t5"
      ON "t4"."customer_id" = "t5"."buyer"
  ) AS "t6"
  WHERE
    "t6"."ordered_at" >= "t6"."decided_at" AND "t6"."ordered_at" < "t6"."ends_at"
) AS "t7"
GROUP BY
  1,
  2,
  3
