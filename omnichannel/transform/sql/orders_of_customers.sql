SELECT
  "t28"."order_id",
  "t28"."customer_ref",
  "t28"."loyalty_card",
  "t28"."email",
  "t28"."ordered_at",
  "t28"."channel",
  "t28"."status",
  "t28"."total",
  "t28"."discount",
  "t28"."currency",
  CASE
    WHEN NOT "t28"."_owner0" IS NULL
    THEN "t28"."_owner0"
    WHEN NOT "t28"."_owner1" IS NULL
    THEN "t28"."_owner1"
    WHEN NOT "t28"."_owner2" IS NULL
    THEN "t28"."_owner2"
    ELSE NULL
  END AS "customer_id"
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
    "t19"."_spelt0",
    "t19"."_normal0",
    "t19"."_owner0",
    "t27"."_spelt1",
    "t27"."_normal1",
    "t27"."_owner1",
    "t24"."_spelt2",
    "t24"."_normal2",
    "t24"."_owner2"
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
      "t16"."spelt" AS "_spelt0",
      "t16"."normal" AS "_normal0",
      "t16"."owner" AS "_owner0"
    FROM (
      SELECT
        "t14"."spelt",
        "t14"."normal",
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
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."customer_ref" AS "spelt"
          FROM "orders" AS "t0"
        ) AS "t2"
      ) AS "t14"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'customer_ref'
      ) AS "t10"
        ON "t14"."normal" = "t10"."id_value"
    ) AS "t16"
  ) AS "t19"
    ON "t6"."customer_ref" = "t19"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t25"."spelt" AS "_spelt1",
      "t25"."normal" AS "_normal1",
      "t25"."owner" AS "_owner1"
    FROM (
      SELECT
        "t22"."spelt",
        "t22"."normal",
        "t11"."owner"
      FROM (
        SELECT
          "t3"."spelt",
          CASE
            WHEN LOWER(
              REPLACE(
                REPLACE(
                  TRIM(
                    UPPER(
                      REGEXP_REPLACE(
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
                  END,
                  '[^0-9A-Za-z]',
                  '',
                  'g'
                )
              ),
              ' 	
'
            )
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."loyalty_card" AS "spelt"
          FROM "orders" AS "t0"
        ) AS "t3"
      ) AS "t22"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'loyalty_card'
      ) AS "t11"
        ON "t22"."normal" = "t11"."id_value"
    ) AS "t25"
  ) AS "t27"
    ON "t6"."loyalty_card" = "t27"."_spelt1"
  LEFT OUTER JOIN (
    SELECT
      "t21"."spelt" AS "_spelt2",
      "t21"."normal" AS "_normal2",
      "t21"."owner" AS "_owner2"
    FROM (
      SELECT
        "t17"."spelt",
        "t17"."normal",
        "t12"."owner"
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
          ) AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."email" AS "spelt"
          FROM "orders" AS "t0"
        ) AS "t4"
      ) AS "t17"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t12"
        ON "t17"."normal" = "t12"."id_value"
    ) AS "t21"
  ) AS "t24"
    ON "t6"."email" = "t24"."_spelt2"
) AS "t28"
WHERE
  NOT CASE
    WHEN NOT "t28"."_owner0" IS NULL
    THEN "t28"."_owner0"
    WHEN NOT "t28"."_owner1" IS NULL
    THEN "t28"."_owner1"
    WHEN NOT "t28"."_owner2" IS NULL
    THEN "t28"."_owner2"
    ELSE NULL
  END IS NULL
