WITH "t2" AS (
  SELECT
    "t0"."customer_id",
    "t0"."campaign",
    "t0"."run",
    "t0"."decided_at",
    "t0"."ends_at"
  FROM "campaign_decisions" AS "t0"
)
SELECT
  "t13"."customer_id",
  "t13"."campaign",
  "t13"."run",
  COUNT(*) FILTER(WHERE
    COALESCE("t13"."type" = 'delivered', FALSE)) > 0 AS "delivered",
  COUNT(*) FILTER(WHERE
    COALESCE("t13"."type" = 'open', FALSE)) > 0 AS "opened",
  COUNT(*) FILTER(WHERE
    COALESCE("t13"."type" = 'click', FALSE)) > 0 AS "clicked",
  COUNT(*) FILTER(WHERE
    COALESCE("t13"."type" = 'bounce', FALSE)) > 0 AS "bounced",
  COUNT(*) FILTER(WHERE
    COALESCE("t13"."type" = 'complaint', FALSE)) > 0 AS "complained",
  COUNT(*) FILTER(WHERE
    COALESCE("t13"."type" = 'unsubscribe', FALSE)) > 0 AS "unsubscribed"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t6"."customer_id",
      "t6"."campaign",
      "t6"."run",
      "t6"."decided_at",
      "t6"."ends_at",
      "t11"."type",
      "t11"."at",
      "t11"."said_by",
      "t11"."said_run",
      "t11"."said_of"
    FROM "t2" AS "t6"
    INNER JOIN (
      SELECT
        "t5"."type",
        "t5"."at",
        "t5"."said_by",
        "t5"."said_run",
        COALESCE("t5"."campaign", "t9"."only") AS "said_of"
      FROM (
        SELECT
          "t1"."type",
          "t1"."at",
          "t1"."campaign",
          "t1"."customer_id" AS "said_by",
          "t1"."run" AS "said_run"
        FROM "messages_said" AS "t1"
      ) AS "t5"
      LEFT OUTER JOIN (
        SELECT
          *
        FROM (
          SELECT
            "t4"."customer_id" AS "said_by",
            "t4"."run" AS "said_run",
            MIN("t4"."campaign") AS "only",
            COUNT(DISTINCT "t4"."campaign") AS "campaigns"
          FROM "t2" AS "t4"
          GROUP BY
            1,
            2
        ) AS "t7"
        WHERE
          "t7"."campaigns" = 1
      ) AS "t9"
        ON "t5"."said_by" = "t9"."said_by" AND "t5"."said_run" = "t9"."said_run"
    ) AS "t11"
      ON "t6"."customer_id" = "t11"."said_by" AND "t6"."campaign" = "t11"."said_of"
  ) AS "t12"
  WHERE
    COALESCE("t12"."said_run" = "t12"."run", FALSE)
    OR (
      (
        "t12"."said_run" IS NULL
      )
      AND (
        (
          "t12"."at" >= "t12"."decided_at"
        ) AND (
          "t12"."at" < "t12"."ends_at"
        )
      )
    )
) AS "t13"
GROUP BY
  1,
  2,
  3
