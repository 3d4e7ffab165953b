SELECT
  "t4"."customer_id",
  "t4"."message_id",
  "t4"."channel",
  "t4"."campaign",
  "t4"."run",
  "t4"."at"
FROM (
  SELECT
    "t3"."event_id",
    "t3"."customer_id",
    "t3"."channel",
    "t3"."type",
    "t3"."at",
    "t3"."campaign",
    "t3"."run",
    "t3"."message_id",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."customer_id", "t3"."message_id"
      ORDER BY "t3"."at" ASC, "t3"."event_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "first"
  FROM (
    SELECT
      "t0"."event_id",
      "t0"."customer_id",
      "t0"."channel",
      "t0"."type",
      "t0"."at",
      COALESCE("t0"."campaign", '') AS "campaign",
      COALESCE("t0"."run", '') AS "run",
      COALESCE(
        "t0"."message_id",
        "t0"."channel" || '/' || COALESCE("t0"."campaign", '') || '/' || STRFTIME("t0"."at", '%Y-%m-%d')
      ) AS "message_id"
    FROM "messages_said" AS "t0"
    WHERE
      "t0"."type" IN ('sent', 'delivered')
      AND "t0"."at" >= (
        GETVARIABLE('as_of') - INTERVAL '60' DAY
      )
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."first" = 0
