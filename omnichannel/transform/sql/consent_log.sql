SELECT
  *
FROM (
  SELECT
    *
  FROM "consents_given" AS "t0"
  UNION ALL
  SELECT
    *
  FROM "consents_on_the_web" AS "t1"
) AS "t4"
UNION ALL
SELECT
  *
FROM (
  SELECT
    *
  FROM "unsubscribed_events" AS "t2"
  UNION ALL
  SELECT
    *
  FROM "refusals_in_feedback" AS "t3"
) AS "t5"
