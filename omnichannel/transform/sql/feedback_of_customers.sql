WITH "t33" AS (
  SELECT
    "t32"."event_id",
    "t32"."sink",
    "t32"."run",
    "t32"."campaign",
    "t32"."message_id",
    "t32"."address",
    "t32"."type",
    "t32"."at",
    "t32"."channel",
    "t32"."bounce",
    "t32"."named",
    CASE
      WHEN NOT "t32"."_owner0" IS NULL
      THEN "t32"."_owner0"
      WHEN NOT "t32"."_owner1" IS NULL
      THEN "t32"."_owner1"
      ELSE NULL
    END AS "customer_id"
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
      "t28"."_spelt0",
      "t28"."_normal0",
      "t28"."_owner0",
      "t31"."_spelt1",
      "t31"."_normal1",
      "t31"."_owner1"
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
        CASE
          WHEN LOWER(
            REPLACE(REPLACE(TRIM("t0"."customer_id", ' 	
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
          OR REGEXP_MATCHES(TRIM("t0"."customer_id", ' 	
'), '^[0-]*$')
          THEN CAST(NULL AS TEXT)
          ELSE TRIM("t0"."customer_id", ' 	
')
        END AS "named"
      FROM "messaging_feedback_once" AS "t0"
    ) AS "t12"
    ANTI JOIN (
      SELECT
        *
      FROM (
        SELECT DISTINCT
          "t1"."customer_id" AS "known",
          "t1"."customer_id"
        FROM "links_now" AS "t1"
      ) AS "t3"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t2"."customer_id" AS "known",
          "t2"."survivor" AS "customer_id"
        FROM "redirects" AS "t2"
      ) AS "t4"
    ) AS "t10"
      ON "t12"."named" = "t10"."known"
    LEFT OUTER JOIN (
      SELECT
        "t25"."spelt" AS "_spelt0",
        "t25"."normal" AS "_normal0",
        "t25"."owner" AS "_owner0"
      FROM (
        SELECT
          "t23"."spelt",
          "t23"."normal",
          "t8"."owner"
        FROM (
          SELECT
            "t18"."spelt",
            CASE
              WHEN LOWER(
                REPLACE(REPLACE(TRIM("t18"."spelt", ' 	
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
              OR REGEXP_MATCHES(TRIM("t18"."spelt", ' 	
'), '^[0-]*$')
              THEN CAST(NULL AS TEXT)
              ELSE TRIM("t18"."spelt", ' 	
')
            END AS "normal"
          FROM (
            SELECT DISTINCT
              *
            FROM (
              SELECT
                "t12"."named" AS "spelt"
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
                  CASE
                    WHEN LOWER(
                      REPLACE(REPLACE(TRIM("t0"."customer_id", ' 	
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
                    OR REGEXP_MATCHES(TRIM("t0"."customer_id", ' 	
'), '^[0-]*$')
                    THEN CAST(NULL AS TEXT)
                    ELSE TRIM("t0"."customer_id", ' 	
')
                  END AS "named"
                FROM "messaging_feedback_once" AS "t0"
              ) AS "t12"
              ANTI JOIN (
                SELECT
                  *
                FROM (
                  SELECT DISTINCT
                    "t1"."customer_id" AS "known",
                    "t1"."customer_id"
                  FROM "links_now" AS "t1"
                ) AS "t3"
                UNION ALL
                SELECT
                  *
                FROM (
                  SELECT
                    "t2"."customer_id" AS "known",
                    "t2"."survivor" AS "customer_id"
                  FROM "redirects" AS "t2"
                ) AS "t4"
              ) AS "t10"
                ON "t12"."named" = "t10"."known"
            ) AS "t15"
          ) AS "t18"
        ) AS "t23"
        LEFT OUTER JOIN (
          SELECT
            "t1"."id_value",
            "t1"."customer_id" AS "owner"
          FROM "links_now" AS "t1"
          WHERE
            "t1"."id_type" = 'customer_ref'
        ) AS "t8"
          ON "t23"."normal" = "t8"."id_value"
      ) AS "t25"
    ) AS "t28"
      ON "t12"."named" = "t28"."_spelt0"
    LEFT OUTER JOIN (
      SELECT
        "t29"."spelt" AS "_spelt1",
        "t29"."normal" AS "_normal1",
        "t29"."owner" AS "_owner1"
      FROM (
        SELECT
          "t26"."spelt",
          "t26"."normal",
          "t9"."owner"
        FROM (
          SELECT
            "t19"."spelt",
            SHA256(
              CASE
                WHEN REGEXP_MATCHES(
                  NFC_NORMALIZE(
                    LOWER(
                      REPLACE(
                        REPLACE(NFC_NORMALIZE(TRIM("t19"."spelt", ' 	
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
                          REPLACE(NFC_NORMALIZE(TRIM("t19"."spelt", ' 	
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
                      REPLACE(NFC_NORMALIZE(TRIM("t19"."spelt", ' 	
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
              *
            FROM (
              SELECT
                "t12"."address" AS "spelt"
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
                  CASE
                    WHEN LOWER(
                      REPLACE(REPLACE(TRIM("t0"."customer_id", ' 	
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
                    OR REGEXP_MATCHES(TRIM("t0"."customer_id", ' 	
'), '^[0-]*$')
                    THEN CAST(NULL AS TEXT)
                    ELSE TRIM("t0"."customer_id", ' 	
')
                  END AS "named"
                FROM "messaging_feedback_once" AS "t0"
              ) AS "t12"
              ANTI JOIN (
                SELECT
                  *
                FROM (
                  SELECT DISTINCT
                    "t1"."customer_id" AS "known",
                    "t1"."customer_id"
                  FROM "links_now" AS "t1"
                ) AS "t3"
                UNION ALL
                SELECT
                  *
                FROM (
                  SELECT
                    "t2"."customer_id" AS "known",
                    "t2"."survivor" AS "customer_id"
                  FROM "redirects" AS "t2"
                ) AS "t4"
              ) AS "t10"
                ON "t12"."named" = "t10"."known"
            ) AS "t16"
          ) AS "t19"
        ) AS "t26"
        LEFT OUTER JOIN (
          SELECT
            "t1"."id_value",
            "t1"."customer_id" AS "owner"
          FROM "links_now" AS "t1"
          WHERE
            "t1"."id_type" = 'email_sha256'
        ) AS "t9"
          ON "t26"."normal" = "t9"."id_value"
      ) AS "t29"
    ) AS "t31"
      ON "t12"."address" = "t31"."_spelt1"
  ) AS "t32"
  WHERE
    NOT CASE
      WHEN NOT "t32"."_owner0" IS NULL
      THEN "t32"."_owner0"
      WHEN NOT "t32"."_owner1" IS NULL
      THEN "t32"."_owner1"
      ELSE NULL
    END IS NULL
)
SELECT
  "t39".*
  EXCLUDE ("named")
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t37"."event_id",
      "t37"."sink",
      "t37"."run",
      "t37"."campaign",
      "t37"."message_id",
      "t37"."address",
      "t37"."type",
      "t37"."at",
      "t37"."channel",
      "t37"."bounce",
      "t37"."named",
      "t37"."named" AS "customer_id"
    FROM (
      SELECT
        "t21"."event_id",
        "t21"."sink",
        "t21"."run",
        "t21"."campaign",
        "t21"."message_id",
        "t21"."address",
        "t21"."type",
        "t21"."at",
        "t21"."channel",
        "t21"."bounce",
        "t21"."named"
      FROM (
        SELECT
          *
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
            "t12"."named"
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
              CASE
                WHEN LOWER(
                  REPLACE(REPLACE(TRIM("t0"."customer_id", ' 	
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
                OR REGEXP_MATCHES(TRIM("t0"."customer_id", ' 	
'), '^[0-]*$')
                THEN CAST(NULL AS TEXT)
                ELSE TRIM("t0"."customer_id", ' 	
')
              END AS "named"
            FROM "messaging_feedback_once" AS "t0"
          ) AS "t12"
          ANTI JOIN (
            SELECT
              *
            FROM (
              SELECT DISTINCT
                "t1"."customer_id" AS "known",
                "t1"."customer_id"
              FROM "links_now" AS "t1"
            ) AS "t3"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                "t2"."customer_id" AS "known",
                "t2"."survivor" AS "customer_id"
              FROM "redirects" AS "t2"
            ) AS "t4"
          ) AS "t10"
            ON "t12"."named" = "t10"."known"
        ) AS "t14"
        WHERE
          NOT "t14"."named" IS NULL
      ) AS "t21"
      ANTI JOIN "t33" AS "t36"
        ON "t21"."event_id" = "t36"."event_id"
    ) AS "t37"
  ) AS "t38"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t13".*
        EXCLUDE ("known")
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
          "t10"."known",
          "t10"."customer_id"
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
            CASE
              WHEN LOWER(
                REPLACE(REPLACE(TRIM("t0"."customer_id", ' 	
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
              OR REGEXP_MATCHES(TRIM("t0"."customer_id", ' 	
'), '^[0-]*$')
              THEN CAST(NULL AS TEXT)
              ELSE TRIM("t0"."customer_id", ' 	
')
            END AS "named"
          FROM "messaging_feedback_once" AS "t0"
        ) AS "t12"
        INNER JOIN (
          SELECT
            *
          FROM (
            SELECT DISTINCT
              "t1"."customer_id" AS "known",
              "t1"."customer_id"
            FROM "links_now" AS "t1"
          ) AS "t3"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t2"."customer_id" AS "known",
              "t2"."survivor" AS "customer_id"
            FROM "redirects" AS "t2"
          ) AS "t4"
        ) AS "t10"
          ON "t12"."named" = "t10"."known"
      ) AS "t13"
    ) AS "t17"
    UNION ALL
    SELECT
      *
    FROM "t33" AS "t34"
  ) AS "t35"
) AS "t39"
