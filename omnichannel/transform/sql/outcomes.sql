SELECT
  "t18"."customer_id",
  "t18"."campaign",
  "t18"."run",
  "t18"."action",
  "t18"."channel",
  "t18"."decided_at",
  "t18"."ends_at",
  COALESCE("t18"."was_sent", FALSE) AS "sent",
  COALESCE("t18"."delivered", FALSE) AS "delivered",
  COALESCE("t18"."opened", FALSE) AS "opened",
  COALESCE("t18"."clicked", FALSE) AS "clicked",
  COALESCE("t18"."bounced", FALSE) AS "bounced",
  COALESCE("t18"."complained", FALSE) AS "complained",
  COALESCE("t18"."unsubscribed", FALSE) AS "unsubscribed",
  COALESCE("t18"."orders", 0) AS "orders",
  COALESCE("t18"."revenue", CAST(0 AS DECIMAL(18, 4))) AS "revenue",
  "t18"."ends_at" <= GETVARIABLE('as_of') AS "closed"
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
      "t16"."delivered",
      "t16"."opened",
      "t16"."clicked",
      "t16"."bounced",
      "t16"."complained",
      "t16"."unsubscribed",
      "t5"."customer_id" AS "customer_id_right",
      "t5"."campaign" AS "campaign_right",
      "t5"."run" AS "run_right",
      "t5"."orders",
      "t5"."revenue"
    FROM (
      SELECT
        "t14".*
        EXCLUDE ("campaign_right", "customer_id_right", "run_right")
      FROM (
        SELECT
          "t13"."customer_id",
          "t13"."campaign",
          "t13"."run",
          "t13"."action",
          "t13"."channel",
          "t13"."decided_at",
          "t13"."ends_at",
          "t13"."was_sent",
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
            "t11".*
            EXCLUDE ("customer_id_right", "run_right")
          FROM (
            SELECT
              "t7"."customer_id",
              "t7"."campaign",
              "t7"."run",
              "t7"."action",
              "t7"."channel",
              "t7"."decided_at",
              "t7"."ends_at",
              "t10"."run" AS "run_right",
              "t10"."customer_id" AS "customer_id_right",
              "t10"."was_sent"
            FROM "campaign_decisions" AS "t7"
            LEFT OUTER JOIN (
              SELECT
                "t4"."run",
                "t4"."customer_id",
                TRUE AS "was_sent"
              FROM "campaign_sends" AS "t4"
            ) AS "t10"
              ON "t7"."customer_id" = "t10"."customer_id" AND "t7"."run" = "t10"."run"
          ) AS "t11"
        ) AS "t13"
        LEFT OUTER JOIN "campaign_reactions" AS "t6"
          ON "t13"."customer_id" = "t6"."customer_id"
          AND "t13"."campaign" = "t6"."campaign"
          AND "t13"."run" = "t6"."run"
      ) AS "t14"
    ) AS "t16"
    LEFT OUTER JOIN "campaign_purchases" AS "t5"
      ON "t16"."customer_id" = "t5"."customer_id"
      AND "t16"."campaign" = "t5"."campaign"
      AND "t16"."run" = "t5"."run"
  ) AS "t17"
) AS "t18"
