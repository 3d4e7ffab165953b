SELECT
  *
FROM (
  SELECT
    "t19".*
    EXCLUDE ("_customer0", "_customer1", "_customer2")
  FROM (
    SELECT
      "t18"."order_id",
      "t18"."customer_ref",
      "t18"."loyalty_card",
      "t18"."email",
      "t18"."ordered_at",
      "t18"."channel",
      "t18"."status",
      "t18"."total",
      "t18"."discount",
      "t18"."currency",
      "t18"."_customer0",
      "t18"."_customer1",
      "t18"."_customer2",
      COALESCE("t18"."_customer0", "t18"."_customer1", "t18"."_customer2") AS "customer_id"
    FROM (
      SELECT
        "t17".*
        EXCLUDE ("_value2", "_value2_right")
      FROM (
        SELECT
          "t16"."order_id",
          "t16"."customer_ref",
          "t16"."loyalty_card",
          "t16"."email",
          "t16"."ordered_at",
          "t16"."channel",
          "t16"."status",
          "t16"."total",
          "t16"."discount",
          "t16"."currency",
          "t16"."_value2",
          "t16"."_customer0",
          "t16"."_customer1",
          "t6"."_value2" AS "_value2_right",
          "t6"."_customer2"
        FROM (
          SELECT
            "t14".*
            EXCLUDE ("_value1", "_value1_right")
          FROM (
            SELECT
              "t13"."order_id",
              "t13"."customer_ref",
              "t13"."loyalty_card",
              "t13"."email",
              "t13"."ordered_at",
              "t13"."channel",
              "t13"."status",
              "t13"."total",
              "t13"."discount",
              "t13"."currency",
              "t13"."_value1",
              "t13"."_value2",
              "t13"."_customer0",
              "t7"."_value1" AS "_value1_right",
              "t7"."_customer1"
            FROM (
              SELECT
                "t11".*
                EXCLUDE ("_value0", "_value0_right")
              FROM (
                SELECT
                  "t10"."order_id",
                  "t10"."customer_ref",
                  "t10"."loyalty_card",
                  "t10"."email",
                  "t10"."ordered_at",
                  "t10"."channel",
                  "t10"."status",
                  "t10"."total",
                  "t10"."discount",
                  "t10"."currency",
                  "t10"."_value0",
                  "t10"."_value1",
                  "t10"."_value2",
                  "t8"."_value0" AS "_value0_right",
                  "t8"."_customer0"
                FROM (
                  SELECT
                    "t2"."order_id",
                    "t2"."customer_ref",
                    "t2"."loyalty_card",
                    "t2"."email",
                    "t2"."ordered_at",
                    "t2"."channel",
                    "t2"."status",
                    "t2"."total",
                    "t2"."discount",
                    "t2"."currency",
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t2"."customer_ref", ' 	
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
                      OR REGEXP_MATCHES(TRIM("t2"."customer_ref", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t2"."customer_ref", ' 	
')
                    END AS "_value0",
                    CASE
                      WHEN LOWER(
                        REPLACE(
                          REPLACE(
                            TRIM(
                              UPPER(
                                REGEXP_REPLACE(
                                  CASE
                                    WHEN LOWER(
                                      REPLACE(REPLACE(TRIM("t2"."loyalty_card", ' 	
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
                                    OR REGEXP_MATCHES(TRIM("t2"."loyalty_card", ' 	
'), '^[0-]*$')
                                    THEN CAST(NULL AS TEXT)
                                    ELSE TRIM("t2"."loyalty_card", ' 	
')
                                  END,
                                  '[^0-9A-Za-z]',
                                  '',
                                  'g'
                                )
                              ),
                              ' 	
'
                            ),
                            'İ',
                            'i'
                          ),
                          'Σ',
                          'σ'
                        )
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
                      OR REGEXP_MATCHES(
                        TRIM(
                          UPPER(
                            REGEXP_REPLACE(
                              CASE
                                WHEN LOWER(
                                  REPLACE(REPLACE(TRIM("t2"."loyalty_card", ' 	
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
                                OR REGEXP_MATCHES(TRIM("t2"."loyalty_card", ' 	
'), '^[0-]*$')
                                THEN CAST(NULL AS TEXT)
                                ELSE TRIM("t2"."loyalty_card", ' 	
')
                              END,
                              '[^0-9A-Za-z]',
                              '',
                              'g'
                            )
                          ),
                          ' 	
'
                        ),
                        '^[0-]*$'
                      )
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM(
                        UPPER(
                          REGEXP_REPLACE(
                            CASE
                              WHEN LOWER(
                                REPLACE(REPLACE(TRIM("t2"."loyalty_card", ' 	
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
                              OR REGEXP_MATCHES(TRIM("t2"."loyalty_card", ' 	
'), '^[0-]*$')
                              THEN CAST(NULL AS TEXT)
                              ELSE TRIM("t2"."loyalty_card", ' 	
')
                            END,
                            '[^0-9A-Za-z]',
                            '',
                            'g'
                          )
                        ),
                        ' 	
'
                      )
                    END AS "_value1",
                    SHA256(
                      CASE
                        WHEN REGEXP_MATCHES(
                          NFC_NORMALIZE(
                            LOWER(
                              REPLACE(
                                REPLACE(NFC_NORMALIZE(TRIM("t2"."email", ' 	
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
                                  REPLACE(NFC_NORMALIZE(TRIM("t2"."email", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t2"."email", ' 	
')), 'İ', 'i'),
                              'Σ',
                              'σ'
                            )
                          )
                        )
                        ELSE CAST(NULL AS TEXT)
                      END
                    ) AS "_value2"
                  FROM (
                    SELECT
                      "t1"."order_id",
                      "t1"."customer_ref",
                      "t1"."loyalty_card",
                      "t1"."email",
                      "t1"."ordered_at",
                      "t1"."channel",
                      "t1"."status",
                      "t1"."total",
                      "t1"."discount",
                      "t1"."currency"
                    FROM "orders" AS "t1"
                  ) AS "t2"
                ) AS "t10"
                LEFT OUTER JOIN (
                  SELECT
                    "t0"."id_value" AS "_value0",
                    "t0"."customer_id" AS "_customer0"
                  FROM "links_now" AS "t0"
                  WHERE
                    "t0"."id_type" = 'customer_ref'
                ) AS "t8"
                  ON "t10"."_value0" = "t8"."_value0"
              ) AS "t11"
            ) AS "t13"
            LEFT OUTER JOIN (
              SELECT
                "t0"."id_value" AS "_value1",
                "t0"."customer_id" AS "_customer1"
              FROM "links_now" AS "t0"
              WHERE
                "t0"."id_type" = 'loyalty_card'
            ) AS "t7"
              ON "t13"."_value1" = "t7"."_value1"
          ) AS "t14"
        ) AS "t16"
        LEFT OUTER JOIN (
          SELECT
            "t0"."id_value" AS "_value2",
            "t0"."customer_id" AS "_customer2"
          FROM "links_now" AS "t0"
          WHERE
            "t0"."id_type" = 'email_sha256'
        ) AS "t6"
          ON "t16"."_value2" = "t6"."_value2"
      ) AS "t17"
    ) AS "t18"
  ) AS "t19"
) AS "t20"
WHERE
  NOT "t20"."customer_id" IS NULL
