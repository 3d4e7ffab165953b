SELECT
  "t19"."consent_id" AS "entry_id",
  "t19"."customer_id",
  "t19"."purpose",
  "t19"."channel",
  "t19"."granted",
  "t19"."recorded_at",
  "t19"."source",
  'consents' AS "origin"
FROM (
  SELECT
    "t18".*
    EXCLUDE ("_customer1", "_customer2", "_customer0")
  FROM (
    SELECT
      "t17"."consent_id",
      "t17"."customer_ref",
      "t17"."email",
      "t17"."anonymous_id",
      "t17"."purpose",
      "t17"."channel",
      "t17"."granted",
      "t17"."recorded_at",
      "t17"."source",
      "t17"."_content_id",
      "t17"."_line",
      "t17"."_customer0",
      "t17"."_customer1",
      "t17"."_customer2",
      COALESCE("t17"."_customer0", "t17"."_customer1", "t17"."_customer2") AS "customer_id"
    FROM (
      SELECT
        "t16".*
        EXCLUDE ("_value2_right", "_value2")
      FROM (
        SELECT
          "t15"."consent_id",
          "t15"."customer_ref",
          "t15"."email",
          "t15"."anonymous_id",
          "t15"."purpose",
          "t15"."channel",
          "t15"."granted",
          "t15"."recorded_at",
          "t15"."source",
          "t15"."_content_id",
          "t15"."_line",
          "t15"."_value2",
          "t15"."_customer0",
          "t15"."_customer1",
          "t5"."_value2" AS "_value2_right",
          "t5"."_customer2"
        FROM (
          SELECT
            "t13".*
            EXCLUDE ("_value1_right", "_value1")
          FROM (
            SELECT
              "t12"."consent_id",
              "t12"."customer_ref",
              "t12"."email",
              "t12"."anonymous_id",
              "t12"."purpose",
              "t12"."channel",
              "t12"."granted",
              "t12"."recorded_at",
              "t12"."source",
              "t12"."_content_id",
              "t12"."_line",
              "t12"."_value1",
              "t12"."_value2",
              "t12"."_customer0",
              "t6"."_value1" AS "_value1_right",
              "t6"."_customer1"
            FROM (
              SELECT
                "t10".*
                EXCLUDE ("_value0_right", "_value0")
              FROM (
                SELECT
                  "t9"."consent_id",
                  "t9"."customer_ref",
                  "t9"."email",
                  "t9"."anonymous_id",
                  "t9"."purpose",
                  "t9"."channel",
                  "t9"."granted",
                  "t9"."recorded_at",
                  "t9"."source",
                  "t9"."_content_id",
                  "t9"."_line",
                  "t9"."_value0",
                  "t9"."_value1",
                  "t9"."_value2",
                  "t7"."_value0" AS "_value0_right",
                  "t7"."_customer0"
                FROM (
                  SELECT
                    "t1"."consent_id",
                    "t1"."customer_ref",
                    "t1"."email",
                    "t1"."anonymous_id",
                    "t1"."purpose",
                    "t1"."channel",
                    "t1"."granted",
                    "t1"."recorded_at",
                    "t1"."source",
                    "t1"."_content_id",
                    "t1"."_line",
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t1"."customer_ref", ' 	
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
                      OR REGEXP_MATCHES(TRIM("t1"."customer_ref", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t1"."customer_ref", ' 	
')
                    END AS "_value0",
                    SHA256(
                      CASE
                        WHEN REGEXP_MATCHES(
                          NFC_NORMALIZE(
                            LOWER(
                              REPLACE(
                                REPLACE(NFC_NORMALIZE(TRIM("t1"."email", ' 	
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
                                  REPLACE(NFC_NORMALIZE(TRIM("t1"."email", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t1"."email", ' 	
')), 'İ', 'i'),
                              'Σ',
                              'σ'
                            )
                          )
                        )
                        ELSE CAST(NULL AS TEXT)
                      END
                    ) AS "_value1",
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t1"."anonymous_id", ' 	
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
                      OR REGEXP_MATCHES(TRIM("t1"."anonymous_id", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t1"."anonymous_id", ' 	
')
                    END AS "_value2"
                  FROM "consents_once" AS "t1"
                ) AS "t9"
                LEFT OUTER JOIN (
                  SELECT
                    "t0"."id_value" AS "_value0",
                    "t0"."customer_id" AS "_customer0"
                  FROM "links_now" AS "t0"
                  WHERE
                    "t0"."id_type" = 'customer_ref'
                ) AS "t7"
                  ON "t9"."_value0" = "t7"."_value0"
              ) AS "t10"
            ) AS "t12"
            LEFT OUTER JOIN (
              SELECT
                "t0"."id_value" AS "_value1",
                "t0"."customer_id" AS "_customer1"
              FROM "links_now" AS "t0"
              WHERE
                "t0"."id_type" = 'email_sha256'
            ) AS "t6"
              ON "t12"."_value1" = "t6"."_value1"
          ) AS "t13"
        ) AS "t15"
        LEFT OUTER JOIN (
          SELECT
            "t0"."id_value" AS "_value2",
            "t0"."customer_id" AS "_customer2"
          FROM "links_now" AS "t0"
          WHERE
            "t0"."id_type" = 'anonymous_id'
        ) AS "t5"
          ON "t15"."_value2" = "t5"."_value2"
      ) AS "t16"
    ) AS "t17"
  ) AS "t18"
) AS "t19"
WHERE
  NOT "t19"."customer_id" IS NULL
