SELECT
  "t0"."event_id" AS "entry_id",
  "t0"."customer_id",
  'marketing' AS "purpose",
  COALESCE("t0"."channel", 'email') AS "channel",
  FALSE AS "granted",
  "t0"."at" AS "recorded_at",
  "t0"."type" AS "source",
  'feedback' AS "origin"
FROM "feedback_of_customers" AS "t0"
WHERE
  "t0"."type" IN ('unsubscribe', 'complaint')
