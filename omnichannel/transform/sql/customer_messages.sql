SELECT
  "t3"."customer_id",
  COUNT(*) FILTER(WHERE
    "t3"."type" = 'delivered') AS "delivered",
  COUNT(*) FILTER(WHERE
    "t3"."type" = 'open') AS "opened",
  COUNT(*) FILTER(WHERE
    "t3"."type" = 'click') AS "clicked",
  COUNT(*) FILTER(WHERE
    "t3"."type" = 'bounce') AS "bounced"
FROM (
  SELECT
    *
  FROM "feedback_of_customers" AS "t0"
  WHERE
    "t0"."at" < GETVARIABLE('as_of')
) AS "t3"
GROUP BY
  1
