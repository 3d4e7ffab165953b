SELECT
  "t44"."message_id" AS "entry_id",
  COALESCE("t44"."_customer0", "t44"."_customer1", "t44"."_customer2", "t44"."_customer3") AS "customer_id",
  'marketing' AS "purpose",
  'email' AS "channel",
  FALSE AS "granted",
  "t44"."timestamp" AS "recorded_at",
  "t44"."event" AS "source",
  'segment' AS "origin"
FROM (
  SELECT
    "t43".*
    EXCLUDE ("spelt")
  FROM (
    SELECT
      "t42"."message_id",
      "t42"."event",
      "t42"."timestamp",
      "t42"."user_id",
      "t42"."recipient_email",
      "t42"."email",
      "t42"."anonymous_id",
      "t42"."_customer0",
      "t42"."_customer1",
      "t42"."_customer2",
      "t26"."spelt",
      "t26"."_customer3"
    FROM (
      SELECT
        "t40".*
        EXCLUDE ("spelt")
      FROM (
        SELECT
          "t39"."message_id",
          "t39"."event",
          "t39"."timestamp",
          "t39"."user_id",
          "t39"."recipient_email",
          "t39"."email",
          "t39"."anonymous_id",
          "t39"."_customer0",
          "t39"."_customer1",
          "t32"."spelt",
          "t32"."_customer2"
        FROM (
          SELECT
            "t37".*
            EXCLUDE ("spelt")
          FROM (
            SELECT
              "t36"."message_id",
              "t36"."event",
              "t36"."timestamp",
              "t36"."user_id",
              "t36"."recipient_email",
              "t36"."email",
              "t36"."anonymous_id",
              "t36"."_customer0",
              "t33"."spelt",
              "t33"."_customer1"
            FROM (
              SELECT
                "t34".*
                EXCLUDE ("spelt")
              FROM (
                SELECT
                  "t10"."message_id",
                  "t10"."event",
                  "t10"."timestamp",
                  "t10"."user_id",
                  "t10"."recipient_email",
                  "t10"."email",
                  "t10"."anonymous_id",
                  "t27"."spelt",
                  "t27"."_customer0"
                FROM (
                  SELECT
                    "t0"."message_id",
                    "t0"."event",
                    "t0"."timestamp",
                    "t0"."user_id",
                    "t0"."recipient_email",
                    "t0"."email",
                    "t0"."anonymous_id"
                  FROM "events_once" AS "t0"
                  WHERE
                    "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
                ) AS "t10"
                LEFT OUTER JOIN (
                  SELECT
                    "t23"."spelt",
                    "t23"."owner" AS "_customer0"
                  FROM (
                    SELECT
                      "t17"."spelt",
                      "t13"."owner"
                    FROM (
                      SELECT
                        "t6"."spelt",
                        CASE
                          WHEN LOWER(REPLACE(REPLACE(TRIM("t6"."spelt", ' 	
'), 'İ', 'i'), 'Σ', 'σ')) IN (
                            '-1',
                            'null',
                            'none',
                            'nil',
                            'nan',
                            'n/a',
                            'na',
                            'undefined',
                            'unknown',
                            'anonymous',
                            'anon',
                            'void',
                            'empty',
                            'test',
                            'guest',
                            'true',
                            'false',
                            'abc123',
                            'deleted',
                            '(not set)',
                            '[object object]'
                          )
                          OR REGEXP_MATCHES(TRIM("t6"."spelt", ' 	
'), '^[0-]*$')
                          THEN CAST(NULL AS TEXT)
                          ELSE TRIM("t6"."spelt", ' 	
')
                        END AS "id_value"
                      FROM (
                        SELECT DISTINCT
                          "t0"."user_id" AS "spelt"
                        FROM "events_once" AS "t0"
                        WHERE
                          "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
                      ) AS "t6"
                    ) AS "t17"
                    INNER JOIN (
                      SELECT
                        "t1"."id_value",
                        "t1"."customer_id" AS "owner"
                      FROM "links_now" AS "t1"
                      WHERE
                        "t1"."id_type" = 'customer_ref'
                    ) AS "t13"
                      ON "t17"."id_value" = "t13"."id_value"
                  ) AS "t23"
                ) AS "t27"
                  ON "t10"."user_id" = "t27"."spelt"
              ) AS "t34"
            ) AS "t36"
            LEFT OUTER JOIN (
              SELECT
                "t29"."spelt",
                "t29"."owner" AS "_customer1"
              FROM (
                SELECT
                  "t22"."spelt",
                  "t12"."owner"
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
                    ) AS "id_value"
                  FROM (
                    SELECT DISTINCT
                      "t0"."recipient_email" AS "spelt"
                    FROM "events_once" AS "t0"
                    WHERE
                      "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
                  ) AS "t5"
                ) AS "t22"
                INNER JOIN (
                  SELECT
                    "t1"."id_value",
                    "t1"."customer_id" AS "owner"
                  FROM "links_now" AS "t1"
                  WHERE
                    "t1"."id_type" = 'email_sha256'
                ) AS "t12"
                  ON "t22"."id_value" = "t12"."id_value"
              ) AS "t29"
            ) AS "t33"
              ON "t36"."recipient_email" = "t33"."spelt"
          ) AS "t37"
        ) AS "t39"
        LEFT OUTER JOIN (
          SELECT
            "t28"."spelt",
            "t28"."owner" AS "_customer2"
          FROM (
            SELECT
              "t21"."spelt",
              "t12"."owner"
            FROM (
              SELECT
                "t3"."spelt",
                SHA256(
                  CASE
                    WHEN REGEXP_MATCHES(
                      NFC_NORMALIZE(
                        LOWER(
                          REPLACE(
                            REPLACE(NFC_NORMALIZE(TRIM("t3"."spelt", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t3"."spelt", ' 	
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
                          REPLACE(NFC_NORMALIZE(TRIM("t3"."spelt", ' 	
')), 'İ', 'i'),
                          'Σ',
                          'σ'
                        )
                      )
                    )
                    ELSE CAST(NULL AS TEXT)
                  END
                ) AS "id_value"
              FROM (
                SELECT DISTINCT
                  "t0"."email" AS "spelt"
                FROM "events_once" AS "t0"
                WHERE
                  "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
              ) AS "t3"
            ) AS "t21"
            INNER JOIN (
              SELECT
                "t1"."id_value",
                "t1"."customer_id" AS "owner"
              FROM "links_now" AS "t1"
              WHERE
                "t1"."id_type" = 'email_sha256'
            ) AS "t12"
              ON "t21"."id_value" = "t12"."id_value"
          ) AS "t28"
        ) AS "t32"
          ON "t39"."email" = "t32"."spelt"
      ) AS "t40"
    ) AS "t42"
    LEFT OUTER JOIN (
      SELECT
        "t20"."spelt",
        "t20"."owner" AS "_customer3"
      FROM (
        SELECT
          "t16"."spelt",
          "t11"."owner"
        FROM (
          SELECT
            "t2"."spelt",
            CASE
              WHEN LOWER(REPLACE(REPLACE(TRIM("t2"."spelt", ' 	
'), 'İ', 'i'), 'Σ', 'σ')) IN (
                '-1',
                'null',
                'none',
                'nil',
                'nan',
                'n/a',
                'na',
                'undefined',
                'unknown',
                'anonymous',
                'anon',
                'void',
                'empty',
                'test',
                'guest',
                'true',
                'false',
                'abc123',
                'deleted',
                '(not set)',
                '[object object]'
              )
              OR REGEXP_MATCHES(TRIM("t2"."spelt", ' 	
'), '^[0-]*$')
              THEN CAST(NULL AS TEXT)
              ELSE TRIM("t2"."spelt", ' 	
')
            END AS "id_value"
          FROM (
            SELECT DISTINCT
              "t0"."anonymous_id" AS "spelt"
            FROM "events_once" AS "t0"
            WHERE
              "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
          ) AS "t2"
        ) AS "t16"
        INNER JOIN (
          SELECT
            "t1"."id_value",
            "t1"."customer_id" AS "owner"
          FROM "links_now" AS "t1"
          WHERE
            "t1"."id_type" = 'anonymous_id'
        ) AS "t11"
          ON "t16"."id_value" = "t11"."id_value"
      ) AS "t20"
    ) AS "t26"
      ON "t42"."anonymous_id" = "t26"."spelt"
  ) AS "t43"
) AS "t44"
WHERE
  NOT COALESCE("t44"."_customer0", "t44"."_customer1", "t44"."_customer2", "t44"."_customer3") IS NULL
