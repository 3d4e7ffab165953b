SELECT
  "t22".*
  EXCLUDE ("named")
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t13".*
      EXCLUDE ("old", "survivor")
    FROM (
      SELECT
        "t12"."event_id",
        "t12"."sink",
        "t12"."run",
        "t12"."campaign",
        "t12"."message_id",
        "t12"."address",
        "t12"."type",
        "t12"."at",
        "t12"."channel",
        "t12"."bounce",
        "t12"."named",
        "t12"."old",
        "t12"."survivor",
        COALESCE("t12"."survivor", "t12"."named") AS "customer_id"
      FROM (
        SELECT
          "t10"."event_id",
          "t10"."sink",
          "t10"."run",
          "t10"."campaign",
          "t10"."message_id",
          "t10"."address",
          "t10"."type",
          "t10"."at",
          "t10"."channel",
          "t10"."bounce",
          "t10"."named",
          "t7"."old",
          "t7"."survivor"
        FROM (
          SELECT
            "t0"."event_id",
            "t0"."sink",
            "t0"."run",
            "t0"."campaign",
            "t0"."message_id",
            "t0"."address",
            "t0"."type",
            "t0"."at",
            "t0"."channel",
            "t0"."bounce",
            "t0"."customer_id" AS "named"
          FROM "messaging_feedback_once" AS "t0"
          WHERE
            NOT "t0"."customer_id" IS NULL
        ) AS "t10"
        LEFT OUTER JOIN (
          SELECT
            "t1"."customer_id" AS "old",
            "t1"."survivor"
          FROM "redirects" AS "t1"
        ) AS "t7"
          ON "t10"."named" = "t7"."old"
      ) AS "t12"
    ) AS "t13"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t20"."event_id",
      "t20"."sink",
      "t20"."run",
      "t20"."campaign",
      "t20"."message_id",
      "t20"."address",
      "t20"."type",
      "t20"."at",
      "t20"."channel",
      "t20"."bounce",
      "t20"."named",
      CASE WHEN NOT "t20"."_owner0" IS NULL THEN "t20"."_owner0" ELSE NULL END AS "customer_id"
    FROM (
      SELECT
        "t9"."event_id",
        "t9"."sink",
        "t9"."run",
        "t9"."campaign",
        "t9"."message_id",
        "t9"."address",
        "t9"."type",
        "t9"."at",
        "t9"."channel",
        "t9"."bounce",
        "t9"."named",
        "t19"."_spelt0",
        "t19"."_normal0",
        "t19"."_owner0"
      FROM (
        SELECT
          "t0"."event_id",
          "t0"."sink",
          "t0"."run",
          "t0"."campaign",
          "t0"."message_id",
          "t0"."address",
          "t0"."type",
          "t0"."at",
          "t0"."channel",
          "t0"."bounce",
          "t0"."customer_id" AS "named"
        FROM "messaging_feedback_once" AS "t0"
        WHERE
          "t0"."customer_id" IS NULL
      ) AS "t9"
      LEFT OUTER JOIN (
        SELECT
          "t17"."spelt" AS "_spelt0",
          "t17"."normal" AS "_normal0",
          "t17"."owner" AS "_owner0"
        FROM (
          SELECT
            "t16"."spelt",
            "t16"."normal",
            "t11"."owner"
          FROM (
            SELECT
              "t5"."spelt",
              SHA256(
                CASE
                  WHEN REGEXP_MATCHES(
                    NFC_NORMALIZE(
                      LOWER(
                        REPLACE(
                          REPLACE(NFC_NORMALIZE(TRIM("t5"."spelt", ' 	
')), 'İ', 'i'),
                          'Σ',
                          'σ'
                        )
                      )
                    ),
                    '^[^@ \t\n\r\f]+@[^@ \t\n\r\f]+\.[^@ \t\n\r\f]+$'
                  )
                  AND NOT (
                    REGEXP_MATCHES(
                      NFC_NORMALIZE(
                        LOWER(
                          REPLACE(
                            REPLACE(NFC_NORMALIZE(TRIM("t5"."spelt", ' 	
')), 'İ', 'i'),
                            'Σ',
                            'σ'
                          )
                        )
                      ),
                      '^(test|noreply|no-reply|donotreply|do-not-reply|null|none|unknown|undefined|anonymous|guest|na|n/a)@'
                    )
                  )
                  THEN NFC_NORMALIZE(
                    LOWER(
                      REPLACE(
                        REPLACE(NFC_NORMALIZE(TRIM("t5"."spelt", ' 	
')), 'İ', 'i'),
                        'Σ',
                        'σ'
                      )
                    )
                  )
                  ELSE CAST(NULL AS TEXT)
                END
              ) AS "normal"
            FROM (
              SELECT DISTINCT
                "t0"."address" AS "spelt"
              FROM "messaging_feedback_once" AS "t0"
              WHERE
                "t0"."customer_id" IS NULL
            ) AS "t5"
          ) AS "t16"
          LEFT OUTER JOIN (
            SELECT
              "t2"."id_value",
              "t2"."customer_id" AS "owner"
            FROM "links_now" AS "t2"
            WHERE
              "t2"."id_type" = 'email_sha256'
          ) AS "t11"
            ON "t16"."normal" = "t11"."id_value"
        ) AS "t17"
      ) AS "t19"
        ON "t9"."address" = "t19"."_spelt0"
    ) AS "t20"
    WHERE
      NOT CASE WHEN NOT "t20"."_owner0" IS NULL THEN "t20"."_owner0" ELSE NULL END IS NULL
  ) AS "t21"
) AS "t22"
