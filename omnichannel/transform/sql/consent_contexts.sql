SELECT
  "t2"."message_id",
  "t2"."visitor",
  "t2"."user_id",
  "t2"."anonymous_id",
  "t2"."timestamp",
  "t2"."said",
  "t2"."decided"
FROM (
  SELECT
    "t1"."message_id",
    "t1"."user_id",
    "t1"."anonymous_id",
    "t1"."timestamp",
    "t1"."visitor",
    "t1"."said",
    "t1"."decided",
    LAG("t1"."said") OVER (
      PARTITION BY "t1"."visitor"
      ORDER BY "t1"."timestamp" ASC, "t1"."message_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "before"
  FROM (
    SELECT
      "t0"."message_id",
      "t0"."user_id",
      "t0"."anonymous_id",
      "t0"."timestamp",
      COALESCE("t0"."anonymous_id", "t0"."user_id") AS "visitor",
      LOWER("t0"."consent") AS "said",
      "t0"."event" = 'Segment Consent Preference Updated' AS "decided"
    FROM "events_once" AS "t0"
    WHERE
      NOT "t0"."consent" IS NULL
  ) AS "t1"
) AS "t2"
WHERE
  (
    "t2"."before" IS NULL
  )
  OR (
    "t2"."before" <> "t2"."said"
  )
  OR COALESCE("t2"."decided", FALSE)
