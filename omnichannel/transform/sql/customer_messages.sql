SELECT
  "t3"."customer_id",
  COUNT(*) FILTER(WHERE
    COALESCE("t3"."type" = 'delivered', FALSE)) AS "delivered",
  COUNT(*) FILTER(WHERE
    COALESCE("t3"."type" = 'open', FALSE)) AS "opened",
  COUNT(*) FILTER(WHERE
    COALESCE("t3"."type" = 'click', FALSE)) AS "clicked",
  COUNT(*) FILTER(WHERE
    COALESCE((
      "t3"."type" = 'bounce'
    ) AND COALESCE("t3"."bounce" <> 'soft', TRUE), FALSE)) AS "bounced"
FROM (
  SELECT
    *
  FROM "feedback_of_customers" AS "t0"
  WHERE
    "t0"."at" < GETVARIABLE('as_of')
) AS "t3"
GROUP BY
  1
