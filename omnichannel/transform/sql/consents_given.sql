SELECT
  "t37"."consent_id" AS "entry_id",
  "t37"."customer_id",
  "t37"."purpose",
  "t37"."channel",
  "t37"."granted",
  "t37"."recorded_at",
  "t37"."source",
  'consents' AS "origin"
FROM (
  SELECT
    "t36".*
    EXCLUDE ("_customer0", "_customer1", "_customer2")
  FROM (
    SELECT
      "t35"."consent_id",
      "t35"."customer_ref",
      "t35"."email",
      "t35"."anonymous_id",
      "t35"."purpose",
      "t35"."channel",
      "t35"."granted",
      "t35"."recorded_at",
      "t35"."source",
      "t35"."_customer0",
      "t35"."_customer1",
      "t35"."_customer2",
      COALESCE("t35"."_customer0", "t35"."_customer1", "t35"."_customer2") AS "customer_id"
    FROM (
      SELECT
        "t34".*
        EXCLUDE ("spelt")
      FROM (
        SELECT
          "t33"."consent_id",
          "t33"."customer_ref",
          "t33"."email",
          "t33"."anonymous_id",
          "t33"."purpose",
          "t33"."channel",
          "t33"."granted",
          "t33"."recorded_at",
          "t33"."source",
          "t33"."_customer0",
          "t33"."_customer1",
          "t23"."spelt",
          "t23"."_customer2"
        FROM (
          SELECT
            "t31".*
            EXCLUDE ("spelt")
          FROM (
            SELECT
              "t30"."consent_id",
              "t30"."customer_ref",
              "t30"."email",
              "t30"."anonymous_id",
              "t30"."purpose",
              "t30"."channel",
              "t30"."granted",
              "t30"."recorded_at",
              "t30"."source",
              "t30"."_customer0",
              "t28"."spelt",
              "t28"."_customer1"
            FROM (
              SELECT
                "t27".*
                EXCLUDE ("spelt")
              FROM (
                SELECT
                  "t6"."consent_id",
                  "t6"."customer_ref",
                  "t6"."email",
                  "t6"."anonymous_id",
                  "t6"."purpose",
                  "t6"."channel",
                  "t6"."granted",
                  "t6"."recorded_at",
                  "t6"."source",
                  "t24"."spelt",
                  "t24"."_customer0"
                FROM (
                  SELECT
                    "t0"."consent_id",
                    "t0"."customer_ref",
                    "t0"."email",
                    "t0"."anonymous_id",
                    "t0"."purpose",
                    "t0"."channel",
                    "t0"."granted",
                    "t0"."recorded_at",
                    "t0"."source"
                  FROM "consents_once" AS "t0"
                ) AS "t6"
                LEFT OUTER JOIN (
                  SELECT
                    "t19"."spelt",
                    "t19"."owner" AS "_customer0"
                  FROM (
                    SELECT
                      "t16"."spelt",
                      "t12"."owner"
                    FROM (
                      SELECT
                        "t3"."spelt",
                        CASE
                          WHEN LOWER(REPLACE(REPLACE(TRIM("t3"."spelt", ' 	
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
                          OR REGEXP_MATCHES(TRIM("t3"."spelt", ' 	
'), '^[0-]*$')
                          THEN CAST(NULL AS TEXT)
                          ELSE TRIM("t3"."spelt", ' 	
')
                        END AS "id_value"
                      FROM (
                        SELECT DISTINCT
                          "t0"."customer_ref" AS "spelt"
                        FROM "consents_once" AS "t0"
                      ) AS "t3"
                    ) AS "t16"
                    INNER JOIN (
                      SELECT
                        "t1"."id_value",
                        "t1"."customer_id" AS "owner"
                      FROM "links_now" AS "t1"
                      WHERE
                        "t1"."id_type" = 'customer_ref'
                    ) AS "t12"
                      ON "t16"."id_value" = "t12"."id_value"
                  ) AS "t19"
                ) AS "t24"
                  ON "t6"."customer_ref" = "t24"."spelt"
              ) AS "t27"
            ) AS "t30"
            LEFT OUTER JOIN (
              SELECT
                "t25"."spelt",
                "t25"."owner" AS "_customer1"
              FROM (
                SELECT
                  "t20"."spelt",
                  "t11"."owner"
                FROM (
                  SELECT
                    "t4"."spelt",
                    SHA256(
                      CASE
                        WHEN REGEXP_MATCHES(
                          NFC_NORMALIZE(
                            LOWER(
                              REPLACE(
                                REPLACE(NFC_NORMALIZE(TRIM("t4"."spelt", ' 	
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
                                  REPLACE(NFC_NORMALIZE(TRIM("t4"."spelt", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t4"."spelt", ' 	
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
                    FROM "consents_once" AS "t0"
                  ) AS "t4"
                ) AS "t20"
                INNER JOIN (
                  SELECT
                    "t1"."id_value",
                    "t1"."customer_id" AS "owner"
                  FROM "links_now" AS "t1"
                  WHERE
                    "t1"."id_type" = 'email_sha256'
                ) AS "t11"
                  ON "t20"."id_value" = "t11"."id_value"
              ) AS "t25"
            ) AS "t28"
              ON "t30"."email" = "t28"."spelt"
          ) AS "t31"
        ) AS "t33"
        LEFT OUTER JOIN (
          SELECT
            "t18"."spelt",
            "t18"."owner" AS "_customer2"
          FROM (
            SELECT
              "t15"."spelt",
              "t10"."owner"
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
                FROM "consents_once" AS "t0"
              ) AS "t2"
            ) AS "t15"
            INNER JOIN (
              SELECT
                "t1"."id_value",
                "t1"."customer_id" AS "owner"
              FROM "links_now" AS "t1"
              WHERE
                "t1"."id_type" = 'anonymous_id'
            ) AS "t10"
              ON "t15"."id_value" = "t10"."id_value"
          ) AS "t18"
        ) AS "t23"
          ON "t33"."anonymous_id" = "t23"."spelt"
      ) AS "t34"
    ) AS "t35"
  ) AS "t36"
) AS "t37"
WHERE
  NOT "t37"."customer_id" IS NULL
