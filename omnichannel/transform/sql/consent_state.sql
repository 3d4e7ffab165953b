SELECT
  "t5".*
  EXCLUDE ("newest")
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t3"."entry_id",
      "t3"."customer_id",
      "t3"."purpose",
      "t3"."channel",
      "t3"."granted",
      "t3"."recorded_at",
      "t3"."source",
      "t3"."origin",
      ROW_NUMBER() OVER (
        PARTITION BY "t3"."customer_id", "t3"."purpose", "t3"."channel"
        ORDER BY "t3"."recorded_at" DESC, "t3"."granted" ASC, "t3"."entry_id" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "newest"
    FROM (
      SELECT
        *
      FROM "consent_log" AS "t0"
      WHERE
        "t0"."recorded_at" < GETVARIABLE('as_of')
    ) AS "t3"
  ) AS "t4"
  WHERE
    "t4"."newest" = 0
) AS "t5"
