SELECT
  *
FROM (
  SELECT
    "t1"."event_id",
    "t1"."customer_id",
    COALESCE("t1"."channel", 'email') AS "channel",
    "t1"."type",
    "t1"."at",
    "t1"."campaign",
    "t1"."run",
    "t1"."message_id",
    "t1"."sink"
  FROM "feedback_of_customers" AS "t1"
  WHERE
    NOT (
      COALESCE((
        "t1"."type" = 'bounce'
      ) AND (
        "t1"."bounce" = 'soft'
      ), FALSE)
    )
) AS "t2"
UNION ALL
SELECT
  *
FROM "campaign_events" AS "t0"
