SELECT
  "t20".*
  EXCLUDE ("named")
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t11".*
      EXCLUDE ("old", "survivor")
    FROM (
      SELECT
        "t10"."event_id",
        "t10"."address",
        "t10"."type",
        "t10"."at",
        "t10"."channel",
        "t10"."named",
        "t10"."old",
        "t10"."survivor",
        COALESCE("t10"."survivor", "t10"."named") AS "customer_id"
      FROM (
        SELECT
          "t8"."event_id",
          "t8"."address",
          "t8"."type",
          "t8"."at",
          "t8"."channel",
          "t8"."named",
          "t6"."old",
          "t6"."survivor"
        FROM (
          SELECT
            "t0"."event_id",
            "t0"."address",
            "t0"."type",
            "t0"."at",
            "t0"."channel",
            "t0"."customer_id" AS "named"
          FROM "messaging_feedback_once" AS "t0"
          WHERE
            NOT "t0"."customer_id" IS NULL
        ) AS "t8"
        LEFT OUTER JOIN (
          SELECT
            "t1"."customer_id" AS "old",
            "t1"."survivor"
          FROM "redirects" AS "t1"
        ) AS "t6"
          ON "t8"."named" = "t6"."old"
      ) AS "t10"
    ) AS "t11"
  ) AS "t12"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t17".*
        EXCLUDE ("_customer0")
      FROM (
        SELECT
          "t16"."event_id",
          "t16"."address",
          "t16"."type",
          "t16"."at",
          "t16"."channel",
          "t16"."named",
          "t16"."_customer0",
          COALESCE("t16"."_customer0") AS "customer_id"
        FROM (
          SELECT
            "t15".*
            EXCLUDE ("_value0", "_value0_right")
          FROM (
            SELECT
              "t14"."event_id",
              "t14"."address",
              "t14"."type",
              "t14"."at",
              "t14"."channel",
              "t14"."named",
              "t14"."_value0",
              "t9"."_value0" AS "_value0_right",
              "t9"."_customer0"
            FROM (
              SELECT
                "t5"."event_id",
                "t5"."address",
                "t5"."type",
                "t5"."at",
                "t5"."channel",
                "t5"."named",
                SHA256(
                  CASE
                    WHEN REGEXP_MATCHES(
                      NFC_NORMALIZE(
                        LOWER(
                          REPLACE(
                            REPLACE(NFC_NORMALIZE(TRIM("t5"."address", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t5"."address", ' 	
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
                          REPLACE(NFC_NORMALIZE(TRIM("t5"."address", ' 	
')), 'İ', 'i'),
                          'Σ',
                          'σ'
                        )
                      )
                    )
                    ELSE CAST(NULL AS TEXT)
                  END
                ) AS "_value0"
              FROM (
                SELECT
                  "t0"."event_id",
                  "t0"."address",
                  "t0"."type",
                  "t0"."at",
                  "t0"."channel",
                  "t0"."customer_id" AS "named"
                FROM "messaging_feedback_once" AS "t0"
                WHERE
                  "t0"."customer_id" IS NULL
              ) AS "t5"
            ) AS "t14"
            LEFT OUTER JOIN (
              SELECT
                "t2"."id_value" AS "_value0",
                "t2"."customer_id" AS "_customer0"
              FROM "links_now" AS "t2"
              WHERE
                "t2"."id_type" = 'email_sha256'
            ) AS "t9"
              ON "t14"."_value0" = "t9"."_value0"
          ) AS "t15"
        ) AS "t16"
      ) AS "t17"
    ) AS "t18"
    WHERE
      NOT "t18"."customer_id" IS NULL
  ) AS "t19"
) AS "t20"
