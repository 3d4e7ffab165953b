SELECT
  *
FROM (
  SELECT
    "t36".*
    EXCLUDE ("_customer0", "_customer1", "_customer2")
  FROM (
    SELECT
      "t35"."order_id",
      "t35"."customer_ref",
      "t35"."loyalty_card",
      "t35"."email",
      "t35"."ordered_at",
      "t35"."channel",
      "t35"."status",
      "t35"."total",
      "t35"."discount",
      "t35"."currency",
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
          "t33"."order_id",
          "t33"."customer_ref",
          "t33"."loyalty_card",
          "t33"."email",
          "t33"."ordered_at",
          "t33"."channel",
          "t33"."status",
          "t33"."total",
          "t33"."discount",
          "t33"."currency",
          "t33"."_customer0",
          "t33"."_customer1",
          "t24"."spelt",
          "t24"."_customer2"
        FROM (
          SELECT
            "t31".*
            EXCLUDE ("spelt")
          FROM (
            SELECT
              "t27"."order_id",
              "t27"."customer_ref",
              "t27"."loyalty_card",
              "t27"."email",
              "t27"."ordered_at",
              "t27"."channel",
              "t27"."status",
              "t27"."total",
              "t27"."discount",
              "t27"."currency",
              "t27"."_customer0",
              "t30"."spelt",
              "t30"."_customer1"
            FROM (
              SELECT
                "t25".*
                EXCLUDE ("spelt")
              FROM (
                SELECT
                  "t6"."order_id",
                  "t6"."customer_ref",
                  "t6"."loyalty_card",
                  "t6"."email",
                  "t6"."ordered_at",
                  "t6"."channel",
                  "t6"."status",
                  "t6"."total",
                  "t6"."discount",
                  "t6"."currency",
                  "t19"."spelt",
                  "t19"."_customer0"
                FROM (
                  SELECT
                    "t0"."order_id",
                    "t0"."customer_ref",
                    "t0"."loyalty_card",
                    "t0"."email",
                    "t0"."ordered_at",
                    "t0"."channel",
                    "t0"."status",
                    "t0"."total",
                    "t0"."discount",
                    "t0"."currency"
                  FROM "orders" AS "t0"
                ) AS "t6"
                LEFT OUTER JOIN (
                  SELECT
                    "t17"."spelt",
                    "t17"."owner" AS "_customer0"
                  FROM (
                    SELECT
                      "t14"."spelt",
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
                        FROM "orders" AS "t0"
                      ) AS "t3"
                    ) AS "t14"
                    INNER JOIN (
                      SELECT
                        "t1"."id_value",
                        "t1"."customer_id" AS "owner"
                      FROM "links_now" AS "t1"
                      WHERE
                        "t1"."id_type" = 'customer_ref'
                    ) AS "t12"
                      ON "t14"."id_value" = "t12"."id_value"
                  ) AS "t17"
                ) AS "t19"
                  ON "t6"."customer_ref" = "t19"."spelt"
              ) AS "t25"
            ) AS "t27"
            LEFT OUTER JOIN (
              SELECT
                "t28"."spelt",
                "t28"."owner" AS "_customer1"
              FROM (
                SELECT
                  "t22"."spelt",
                  "t11"."owner"
                FROM (
                  SELECT
                    "t4"."spelt",
                    CASE
                      WHEN LOWER(
                        REPLACE(
                          REPLACE(
                            TRIM(
                              UPPER(
                                REGEXP_REPLACE(
                                  CASE
                                    WHEN LOWER(REPLACE(REPLACE(TRIM("t4"."spelt", ' 	
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
                                    OR REGEXP_MATCHES(TRIM("t4"."spelt", ' 	
'), '^[0-]*$')
                                    THEN CAST(NULL AS TEXT)
                                    ELSE TRIM("t4"."spelt", ' 	
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
                                WHEN LOWER(REPLACE(REPLACE(TRIM("t4"."spelt", ' 	
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
                                OR REGEXP_MATCHES(TRIM("t4"."spelt", ' 	
'), '^[0-]*$')
                                THEN CAST(NULL AS TEXT)
                                ELSE TRIM("t4"."spelt", ' 	
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
                              WHEN LOWER(REPLACE(REPLACE(TRIM("t4"."spelt", ' 	
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
                              OR REGEXP_MATCHES(TRIM("t4"."spelt", ' 	
'), '^[0-]*$')
                              THEN CAST(NULL AS TEXT)
                              ELSE TRIM("t4"."spelt", ' 	
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
                    END AS "id_value"
                  FROM (
                    SELECT DISTINCT
                      "t0"."loyalty_card" AS "spelt"
                    FROM "orders" AS "t0"
                  ) AS "t4"
                ) AS "t22"
                INNER JOIN (
                  SELECT
                    "t1"."id_value",
                    "t1"."customer_id" AS "owner"
                  FROM "links_now" AS "t1"
                  WHERE
                    "t1"."id_type" = 'loyalty_card'
                ) AS "t11"
                  ON "t22"."id_value" = "t11"."id_value"
              ) AS "t28"
            ) AS "t30"
              ON "t27"."loyalty_card" = "t30"."spelt"
          ) AS "t31"
        ) AS "t33"
        LEFT OUTER JOIN (
          SELECT
            "t20"."spelt",
            "t20"."owner" AS "_customer2"
          FROM (
            SELECT
              "t16"."spelt",
              "t10"."owner"
            FROM (
              SELECT
                "t2"."spelt",
                SHA256(
                  CASE
                    WHEN REGEXP_MATCHES(
                      NFC_NORMALIZE(
                        LOWER(
                          REPLACE(
                            REPLACE(NFC_NORMALIZE(TRIM("t2"."spelt", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t2"."spelt", ' 	
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
                          REPLACE(NFC_NORMALIZE(TRIM("t2"."spelt", ' 	
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
                FROM "orders" AS "t0"
              ) AS "t2"
            ) AS "t16"
            INNER JOIN (
              SELECT
                "t1"."id_value",
                "t1"."customer_id" AS "owner"
              FROM "links_now" AS "t1"
              WHERE
                "t1"."id_type" = 'email_sha256'
            ) AS "t10"
              ON "t16"."id_value" = "t10"."id_value"
          ) AS "t20"
        ) AS "t24"
          ON "t33"."email" = "t24"."spelt"
      ) AS "t34"
    ) AS "t35"
  ) AS "t36"
) AS "t37"
WHERE
  NOT "t37"."customer_id" IS NULL
