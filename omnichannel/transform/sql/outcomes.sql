SELECT
  "t21"."customer_id",
  "t21"."campaign",
  "t21"."run",
  "t21"."action",
  "t21"."channel",
  "t21"."decided_at",
  "t21"."ends_at",
  COALESCE("t21"."was_sent", FALSE) AS "sent",
  COALESCE("t21"."delivered", FALSE) AS "delivered",
  COALESCE("t21"."opened", FALSE) AS "opened",
  COALESCE("t21"."clicked", FALSE) AS "clicked",
  COALESCE("t21"."bounced", FALSE) AS "bounced",
  COALESCE("t21"."complained", FALSE) AS "complained",
  COALESCE("t21"."unsubscribed", FALSE) AS "unsubscribed",
  COALESCE("t21"."orders", 0) AS "orders",
  COALESCE("t21"."revenue", CAST(0 AS DECIMAL(18, 4))) AS "revenue",
  "t21"."ends_at" <= GETVARIABLE('as_of') AS "closed"
FROM (
  SELECT
    "t20".*
    EXCLUDE ("campaign_right", "customer_id_right", "run_right")
  FROM (
    SELECT
      "t19"."customer_id",
      "t19"."campaign",
      "t19"."run",
      "t19"."action",
      "t19"."channel",
      "t19"."decided_at",
      "t19"."ends_at",
      "t19"."was_sent",
      "t19"."delivered",
      "t19"."opened",
      "t19"."clicked",
      "t19"."bounced",
      "t19"."complained",
      "t19"."unsubscribed",
      "t5"."customer_id" AS "customer_id_right",
      "t5"."campaign" AS "campaign_right",
      "t5"."run" AS "run_right",
      "t5"."orders",
      "t5"."revenue"
    FROM (
      SELECT
        "t17".*
        EXCLUDE ("campaign_right", "customer_id_right", "run_right")
      FROM (
        SELECT
          "t16"."customer_id",
          "t16"."campaign",
          "t16"."run",
          "t16"."action",
          "t16"."channel",
          "t16"."decided_at",
          "t16"."ends_at",
          "t16"."was_sent",
          "t6"."customer_id" AS "customer_id_right",
          "t6"."campaign" AS "campaign_right",
          "t6"."run" AS "run_right",
          "t6"."delivered",
          "t6"."opened",
          "t6"."clicked",
          "t6"."bounced",
          "t6"."complained",
          "t6"."unsubscribed"
        FROM (
          SELECT
            "t14".*
            EXCLUDE ("campaign_right", "customer_id_right", "run_right")
          FROM (
            SELECT
              "t7"."customer_id",
              "t7"."campaign",
              "t7"."run",
              "t7"."action",
              "t7"."channel",
              "t7"."decided_at",
              "t7"."ends_at",
              "t13"."customer_id" AS "customer_id_right",
              "t13"."campaign" AS "campaign_right",
              "t13"."run" AS "run_right",
              "t13"."was_sent"
            FROM "campaign_decisions" AS "t7"
            LEFT OUTER JOIN (
              SELECT
                "t11"."customer_id",
                "t11"."campaign",
                "t11"."run",
                TRUE AS "was_sent"
              FROM (
                SELECT
                  "t7"."customer_id",
                  "t7"."campaign",
                  "t7"."run"
                FROM "campaign_decisions" AS "t7"
                SEMI JOIN (
                  SELECT
                    "t4"."run" AS "sent_by",
                    "t4"."campaign" AS "sent_for",
                    "t4"."customer_id" AS "sent_to"
                  FROM "campaign_sends" AS "t4"
                ) AS "t10"
                  ON "t7"."customer_id" = "t10"."sent_to"
                  AND "t7"."run" = "t10"."sent_by"
                  AND (
                    (
                      "t10"."sent_for" = ''
                    ) OR (
                      "t10"."sent_for" = "t7"."campaign"
                    )
                  )
              ) AS "t11"
            ) AS "t13"
              ON "t7"."customer_id" = "t13"."customer_id"
              AND "t7"."campaign" = "t13"."campaign"
              AND "t7"."run" = "t13"."run"
          ) AS "t14"
        ) AS "t16"
        LEFT OUTER JOIN "campaign_reactions" AS "t6"
          ON "t16"."customer_id" = "t6"."customer_id"
          AND "t16"."campaign" = "t6"."campaign"
          AND "t16"."run" = "t6"."run"
      ) AS "t17"
    ) AS "t19"
    LEFT OUTER JOIN "campaign_purchases" AS "t5"
      ON "t19"."customer_id" = "t5"."customer_id"
      AND "t19"."campaign" = "t5"."campaign"
      AND "t19"."run" = "t5"."run"
  ) AS "t20"
) AS "t21"
