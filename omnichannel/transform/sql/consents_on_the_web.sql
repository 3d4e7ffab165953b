SELECT
  "t26"."message_id" || '/' || "t26"."category" AS "entry_id",
  "t26"."customer_id",
  "t26"."purpose",
  'web' AS "channel",
  "t26"."granted",
  "t26"."timestamp" AS "recorded_at",
  'consent object' AS "source",
  'segment' AS "origin"
FROM (
  SELECT
    "t25".*
    EXCLUDE ("_customer0", "_customer1")
  FROM (
    SELECT
      "t24"."message_id",
      "t24"."visitor",
      "t24"."user_id",
      "t24"."anonymous_id",
      "t24"."timestamp",
      "t24"."decided",
      "t24"."category",
      "t24"."purpose",
      "t24"."granted",
      "t24"."before",
      "t24"."_customer0",
      "t24"."_customer1",
      COALESCE("t24"."_customer0", "t24"."_customer1") AS "customer_id"
    FROM (
      SELECT
        "t23".*
        EXCLUDE ("_value1", "_value1_right")
      FROM (
        SELECT
          "t22"."message_id",
          "t22"."visitor",
          "t22"."user_id",
          "t22"."anonymous_id",
          "t22"."timestamp",
          "t22"."decided",
          "t22"."category",
          "t22"."purpose",
          "t22"."granted",
          "t22"."before",
          "t22"."_value1",
          "t22"."_customer0",
          "t4"."_value1" AS "_value1_right",
          "t4"."_customer1"
        FROM (
          SELECT
            "t20".*
            EXCLUDE ("_value0", "_value0_right")
          FROM (
            SELECT
              "t19"."message_id",
              "t19"."visitor",
              "t19"."user_id",
              "t19"."anonymous_id",
              "t19"."timestamp",
              "t19"."decided",
              "t19"."category",
              "t19"."purpose",
              "t19"."granted",
              "t19"."before",
              "t19"."_value0",
              "t19"."_value1",
              "t5"."_value0" AS "_value0_right",
              "t5"."_customer0"
            FROM (
              SELECT
                "t17"."message_id",
                "t17"."visitor",
                "t17"."user_id",
                "t17"."anonymous_id",
                "t17"."timestamp",
                "t17"."decided",
                "t17"."category",
                "t17"."purpose",
                "t17"."granted",
                "t17"."before",
                CASE
                  WHEN LOWER(
                    REPLACE(REPLACE(TRIM("t17"."user_id", ' 	
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
                  OR REGEXP_MATCHES(TRIM("t17"."user_id", ' 	
'), '^[0-]*$')
                  THEN CAST(NULL AS TEXT)
                  ELSE TRIM("t17"."user_id", ' 	
')
                END AS "_value0",
                CASE
                  WHEN LOWER(
                    REPLACE(REPLACE(TRIM("t17"."anonymous_id", ' 	
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
                  OR REGEXP_MATCHES(TRIM("t17"."anonymous_id", ' 	
'), '^[0-]*$')
                  THEN CAST(NULL AS TEXT)
                  ELSE TRIM("t17"."anonymous_id", ' 	
')
                END AS "_value1"
              FROM (
                SELECT
                  "t16"."message_id",
                  "t16"."visitor",
                  "t16"."user_id",
                  "t16"."anonymous_id",
                  "t16"."timestamp",
                  "t16"."decided",
                  "t16"."category",
                  "t16"."purpose",
                  "t16"."granted",
                  LAG("t16"."granted") OVER (
                    PARTITION BY "t16"."visitor", "t16"."category"
                    ORDER BY "t16"."timestamp" ASC, "t16"."message_id" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) AS "before"
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      *
                    FROM (
                      SELECT
                        "t6".*
                        EXCLUDE ("said", "word")
                      FROM (
                        SELECT
                          "t1"."message_id",
                          "t1"."visitor",
                          "t1"."user_id",
                          "t1"."anonymous_id",
                          "t1"."timestamp",
                          "t1"."said",
                          "t1"."decided",
                          REGEXP_EXTRACT("t1"."said", '"advertising"\s*:\s*(true|false)', 1) AS "word",
                          'advertising' AS "category",
                          'advertising' AS "purpose",
                          REGEXP_EXTRACT("t1"."said", '"advertising"\s*:\s*(true|false)', 1) = 'true' AS "granted"
                        FROM "consent_contexts" AS "t1"
                        WHERE
                          REGEXP_EXTRACT("t1"."said", '"advertising"\s*:\s*(true|false)', 1) IN ('true', 'false')
                      ) AS "t6"
                    ) AS "t10"
                    UNION ALL
                    SELECT
                      *
                    FROM (
                      SELECT
                        "t7".*
                        EXCLUDE ("said", "word")
                      FROM (
                        SELECT
                          "t1"."message_id",
                          "t1"."visitor",
                          "t1"."user_id",
                          "t1"."anonymous_id",
                          "t1"."timestamp",
                          "t1"."said",
                          "t1"."decided",
                          REGEXP_EXTRACT("t1"."said", '"analytics"\s*:\s*(true|false)', 1) AS "word",
                          'analytics' AS "category",
                          'analytics' AS "purpose",
                          REGEXP_EXTRACT("t1"."said", '"analytics"\s*:\s*(true|false)', 1) = 'true' AS "granted"
                        FROM "consent_contexts" AS "t1"
                        WHERE
                          REGEXP_EXTRACT("t1"."said", '"analytics"\s*:\s*(true|false)', 1) IN ('true', 'false')
                      ) AS "t7"
                    ) AS "t11"
                  ) AS "t14"
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      *
                    FROM (
                      SELECT
                        "t8".*
                        EXCLUDE ("said", "word")
                      FROM (
                        SELECT
                          "t1"."message_id",
                          "t1"."visitor",
                          "t1"."user_id",
                          "t1"."anonymous_id",
                          "t1"."timestamp",
                          "t1"."said",
                          "t1"."decided",
                          REGEXP_EXTRACT("t1"."said", '"marketing"\s*:\s*(true|false)', 1) AS "word",
                          'marketing' AS "category",
                          'marketing' AS "purpose",
                          REGEXP_EXTRACT("t1"."said", '"marketing"\s*:\s*(true|false)', 1) = 'true' AS "granted"
                        FROM "consent_contexts" AS "t1"
                        WHERE
                          REGEXP_EXTRACT("t1"."said", '"marketing"\s*:\s*(true|false)', 1) IN ('true', 'false')
                      ) AS "t8"
                    ) AS "t12"
                    UNION ALL
                    SELECT
                      *
                    FROM (
                      SELECT
                        "t9".*
                        EXCLUDE ("said", "word")
                      FROM (
                        SELECT
                          "t1"."message_id",
                          "t1"."visitor",
                          "t1"."user_id",
                          "t1"."anonymous_id",
                          "t1"."timestamp",
                          "t1"."said",
                          "t1"."decided",
                          REGEXP_EXTRACT("t1"."said", '"personalization"\s*:\s*(true|false)', 1) AS "word",
                          'personalization' AS "category",
                          'personalization' AS "purpose",
                          REGEXP_EXTRACT("t1"."said", '"personalization"\s*:\s*(true|false)', 1) = 'true' AS "granted"
                        FROM "consent_contexts" AS "t1"
                        WHERE
                          REGEXP_EXTRACT("t1"."said", '"personalization"\s*:\s*(true|false)', 1) IN ('true', 'false')
                      ) AS "t9"
                    ) AS "t13"
                  ) AS "t15"
                ) AS "t16"
              ) AS "t17"
              WHERE
                (
                  "t17"."before" IS NULL
                )
                OR (
                  "t17"."before" <> "t17"."granted"
                )
                OR COALESCE("t17"."decided", FALSE)
            ) AS "t19"
            LEFT OUTER JOIN (
              SELECT
                "t0"."id_value" AS "_value0",
                "t0"."customer_id" AS "_customer0"
              FROM "links_now" AS "t0"
              WHERE
                "t0"."id_type" = 'customer_ref'
            ) AS "t5"
              ON "t19"."_value0" = "t5"."_value0"
          ) AS "t20"
        ) AS "t22"
        LEFT OUTER JOIN (
          SELECT
            "t0"."id_value" AS "_value1",
            "t0"."customer_id" AS "_customer1"
          FROM "links_now" AS "t0"
          WHERE
            "t0"."id_type" = 'anonymous_id'
        ) AS "t4"
          ON "t22"."_value1" = "t4"."_value1"
      ) AS "t23"
    ) AS "t24"
  ) AS "t25"
) AS "t26"
WHERE
  NOT "t26"."customer_id" IS NULL
