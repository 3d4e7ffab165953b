SELECT
  "t13"."customer_id",
  "t13"."message_id",
  "t13"."channel",
  "t13"."campaign",
  "t13"."run",
  "t13"."at"
FROM (
  SELECT
    "t12"."event_id",
    "t12"."customer_id",
    "t12"."channel",
    "t12"."type",
    "t12"."at",
    "t12"."campaign",
    "t12"."run",
    "t12"."message_id",
    ROW_NUMBER() OVER (
      PARTITION BY "t12"."customer_id", "t12"."message_id"
      ORDER BY "t12"."at" ASC, "t12"."event_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "first"
  FROM (
    SELECT
      "t11"."event_id",
      "t11"."customer_id",
      "t11"."channel",
      "t11"."type",
      "t11"."at",
      "t11"."campaign",
      "t11"."run",
      COALESCE(
        "t11"."message_id",
        "t11"."channel" || '/' || "t11"."campaign" || '/' || STRFTIME("t11"."at", '%Y-%m-%d')
      ) AS "message_id"
    FROM (
      SELECT
        "t6"."event_id",
        "t6"."customer_id",
        "t6"."channel",
        "t6"."type",
        "t6"."at",
        "t6"."campaign",
        "t6"."run",
        "t6"."message_id"
      FROM (
        SELECT
          "t0"."event_id",
          "t0"."customer_id",
          "t0"."channel",
          "t0"."type",
          "t0"."at",
          COALESCE("t0"."campaign", '') AS "campaign",
          COALESCE("t0"."run", '') AS "run",
          "t0"."message_id"
        FROM "messages_said" AS "t0"
        WHERE
          "t0"."type" IN ('sent', 'delivered')
          AND "t0"."at" >= (
            GETVARIABLE('as_of') - INTERVAL '60' DAY
          )
      ) AS "t6"
      ANTI JOIN (
        SELECT
          "t7"."event_id" AS "follows"
        FROM (
          SELECT
            "t0"."event_id",
            "t0"."customer_id",
            "t0"."channel",
            "t0"."type",
            "t0"."at",
            COALESCE("t0"."campaign", '') AS "campaign",
            COALESCE("t0"."run", '') AS "run",
            "t0"."message_id"
          FROM "messages_said" AS "t0"
          WHERE
            "t0"."type" IN ('sent', 'delivered')
            AND "t0"."at" >= (
              GETVARIABLE('as_of') - INTERVAL '60' DAY
            )
            AND "t0"."type" = 'delivered'
            AND "t0"."message_id" IS NULL
        ) AS "t7"
        SEMI JOIN (
          SELECT
            "t0"."customer_id" AS "sent_to",
            "t0"."channel" AS "sent_on",
            COALESCE("t0"."campaign", '') AS "sent_for",
            "t0"."at" AS "sent_at"
          FROM "messages_said" AS "t0"
          WHERE
            "t0"."type" IN ('sent', 'delivered')
            AND "t0"."at" >= (
              GETVARIABLE('as_of') - INTERVAL '60' DAY
            )
            AND (
              (
                "t0"."type" = 'sent'
              ) OR (
                NOT "t0"."message_id" IS NULL
              )
            )
        ) AS "t8"
          ON "t7"."customer_id" = "t8"."sent_to"
          AND "t7"."channel" = "t8"."sent_on"
          AND "t7"."campaign" = "t8"."sent_for"
          AND "t7"."at" >= (
            "t8"."sent_at" - INTERVAL '1' MINUTE
          )
          AND "t7"."at" <= (
            "t8"."sent_at" + INTERVAL '2160' MINUTE
          )
      ) AS "t10"
        ON "t6"."event_id" = "t10"."follows"
    ) AS "t11"
  ) AS "t12"
) AS "t13"
WHERE
  "t13"."first" = 0
