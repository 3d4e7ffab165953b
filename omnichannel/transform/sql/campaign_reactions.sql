SELECT
  "t7"."customer_id",
  "t7"."campaign",
  "t7"."run",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."type" = 'delivered', FALSE)) > 0 AS "delivered",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."type" = 'open', FALSE)) > 0 AS "opened",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."type" = 'click', FALSE)) > 0 AS "clicked",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."type" = 'bounce', FALSE)) > 0 AS "bounced",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."type" = 'complaint', FALSE)) > 0 AS "complained",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."type" = 'unsubscribe', FALSE)) > 0 AS "unsubscribed"
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
      "t5"."type",
      "t5"."at",
      "t5"."said_by",
      "t5"."said_of",
      "t5"."said_run"
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
        "t1"."type",
        "t1"."at",
        "t1"."customer_id" AS "said_by",
        "t1"."campaign" AS "said_of",
        "t1"."run" AS "said_run"
      FROM "messages_said" AS "t1"
    ) AS "t5"
      ON "t4"."customer_id" = "t5"."said_by" AND "t4"."campaign" = "t5"."said_of"
  ) AS "t6"
  WHERE
    COALESCE("t6"."said_run" = "t6"."run", FALSE)
    OR (
      (
        "t6"."said_run" IS NULL
      )
      AND (
        (
          "t6"."at" >= "t6"."decided_at"
        ) AND (
          "t6"."at" < "t6"."ends_at"
        )
      )
    )
) AS "t7"
GROUP BY
  1,
  2,
  3
