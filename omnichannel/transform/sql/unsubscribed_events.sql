SELECT
  "t23"."message_id" AS "entry_id",
  COALESCE("t23"."_customer0", "t23"."_customer1", "t23"."_customer2", "t23"."_customer3") AS "customer_id",
  'marketing' AS "purpose",
  'email' AS "channel",
  FALSE AS "granted",
  "t23"."timestamp" AS "recorded_at",
  "t23"."event" AS "source",
  'segment' AS "origin"
FROM (
  SELECT
    "t22".*
    EXCLUDE ("_value3", "_value3_right")
  FROM (
    SELECT
      "t21"."message_id",
      "t21"."event",
      "t21"."timestamp",
      "t21"."user_id",
      "t21"."recipient_email",
      "t21"."email",
      "t21"."anonymous_id",
      "t21"."_value3",
      "t21"."_customer0",
      "t21"."_customer1",
      "t21"."_customer2",
      "t7"."_value3" AS "_value3_right",
      "t7"."_customer3"
    FROM (
      SELECT
        "t19".*
        EXCLUDE ("_value2", "_value2_right")
      FROM (
        SELECT
          "t18"."message_id",
          "t18"."event",
          "t18"."timestamp",
          "t18"."user_id",
          "t18"."recipient_email",
          "t18"."email",
          "t18"."anonymous_id",
          "t18"."_value2",
          "t18"."_value3",
          "t18"."_customer0",
          "t18"."_customer1",
          "t8"."_value2" AS "_value2_right",
          "t8"."_customer2"
        FROM (
          SELECT
            "t16".*
            EXCLUDE ("_value1", "_value1_right")
          FROM (
            SELECT
              "t15"."message_id",
              "t15"."event",
              "t15"."timestamp",
              "t15"."user_id",
              "t15"."recipient_email",
              "t15"."email",
              "t15"."anonymous_id",
              "t15"."_value1",
              "t15"."_value2",
              "t15"."_value3",
              "t15"."_customer0",
              "t9"."_value1" AS "_value1_right",
              "t9"."_customer1"
            FROM (
              SELECT
                "t13".*
                EXCLUDE ("_value0", "_value0_right")
              FROM (
                SELECT
                  "t12"."message_id",
                  "t12"."event",
                  "t12"."timestamp",
                  "t12"."user_id",
                  "t12"."recipient_email",
                  "t12"."email",
                  "t12"."anonymous_id",
                  "t12"."_value0",
                  "t12"."_value1",
                  "t12"."_value2",
                  "t12"."_value3",
                  "t10"."_value0" AS "_value0_right",
                  "t10"."_customer0"
                FROM (
                  SELECT
                    "t6"."message_id",
                    "t6"."event",
                    "t6"."timestamp",
                    "t6"."user_id",
                    "t6"."recipient_email",
                    "t6"."email",
                    "t6"."anonymous_id",
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t6"."user_id", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
                      ) IN (
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
                      OR REGEXP_MATCHES(TRIM("t6"."user_id", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t6"."user_id", ' 	
')
                    END AS "_value0",
                    SHA256(
                      CASE
                        WHEN REGEXP_MATCHES(
                          NFC_NORMALIZE(
                            LOWER(
                              REPLACE(
                                REPLACE(NFC_NORMALIZE(TRIM("t6"."recipient_email", ' 	
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
                                  REPLACE(NFC_NORMALIZE(TRIM("t6"."recipient_email", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t6"."recipient_email", ' 	
')), 'İ', 'i'),
                              'Σ',
                              'σ'
                            )
                          )
                        )
                        ELSE CAST(NULL AS TEXT)
                      END
                    ) AS "_value1",
                    SHA256(
                      CASE
                        WHEN REGEXP_MATCHES(
                          NFC_NORMALIZE(
                            LOWER(
                              REPLACE(
                                REPLACE(NFC_NORMALIZE(TRIM("t6"."email", ' 	
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
                                  REPLACE(NFC_NORMALIZE(TRIM("t6"."email", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t6"."email", ' 	
')), 'İ', 'i'),
                              'Σ',
                              'σ'
                            )
                          )
                        )
                        ELSE CAST(NULL AS TEXT)
                      END
                    ) AS "_value2",
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t6"."anonymous_id", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
                      ) IN (
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
                      OR REGEXP_MATCHES(TRIM("t6"."anonymous_id", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t6"."anonymous_id", ' 	
')
                    END AS "_value3"
                  FROM (
                    SELECT
                      "t1"."message_id",
                      "t1"."event",
                      "t1"."timestamp",
                      "t1"."user_id",
                      "t1"."recipient_email",
                      "t1"."email",
                      "t1"."anonymous_id"
                    FROM "events_once" AS "t1"
                    WHERE
                      "t1"."event" IN ('Unsubscribed', 'Email Marked as Spam')
                  ) AS "t6"
                ) AS "t12"
                LEFT OUTER JOIN (
                  SELECT
                    "t0"."id_value" AS "_value0",
                    "t0"."customer_id" AS "_customer0"
                  FROM "links_now" AS "t0"
                  WHERE
                    "t0"."id_type" = 'customer_ref'
                ) AS "t10"
                  ON "t12"."_value0" = "t10"."_value0"
              ) AS "t13"
            ) AS "t15"
            LEFT OUTER JOIN (
              SELECT
                "t0"."id_value" AS "_value1",
                "t0"."customer_id" AS "_customer1"
              FROM "links_now" AS "t0"
              WHERE
                "t0"."id_type" = 'email_sha256'
            ) AS "t9"
              ON "t15"."_value1" = "t9"."_value1"
          ) AS "t16"
        ) AS "t18"
        LEFT OUTER JOIN (
          SELECT
            "t0"."id_value" AS "_value2",
            "t0"."customer_id" AS "_customer2"
          FROM "links_now" AS "t0"
          WHERE
            "t0"."id_type" = 'email_sha256'
        ) AS "t8"
          ON "t18"."_value2" = "t8"."_value2"
      ) AS "t19"
    ) AS "t21"
    LEFT OUTER JOIN (
      SELECT
        "t0"."id_value" AS "_value3",
        "t0"."customer_id" AS "_customer3"
      FROM "links_now" AS "t0"
      WHERE
        "t0"."id_type" = 'anonymous_id'
    ) AS "t7"
      ON "t21"."_value3" = "t7"."_value3"
  ) AS "t22"
) AS "t23"
WHERE
  NOT COALESCE("t23"."_customer0", "t23"."_customer1", "t23"."_customer2", "t23"."_customer3") IS NULL
