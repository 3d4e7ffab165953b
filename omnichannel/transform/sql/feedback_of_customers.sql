SELECT
  "t31".*
  EXCLUDE ("named")
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
  ) AS "t16"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t29"."event_id",
      "t29"."sink",
      "t29"."run",
      "t29"."campaign",
      "t29"."message_id",
      "t29"."address",
      "t29"."type",
      "t29"."at",
      "t29"."channel",
      "t29"."bounce",
      "t29"."named",
      CASE
        WHEN NOT "t29"."_owner0" IS NULL
        THEN "t29"."_owner0"
        WHEN NOT "t29"."_owner1" IS NULL
        THEN "t29"."_owner1"
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
        "t25"."_spelt0",
        "t25"."_normal0",
        "t25"."_owner0",
        "t28"."_spelt1",
        "t28"."_normal1",
        "t28"."_owner1"
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
          "t22"."spelt" AS "_spelt0",
          "t22"."normal" AS "_normal0",
          "t22"."owner" AS "_owner0"
        FROM (
          SELECT
            "t20"."spelt",
            "t20"."normal",
            "t8"."owner"
          FROM (
            SELECT
              "t17"."spelt",
              CASE
                WHEN LOWER(
                  REPLACE(REPLACE(TRIM("t17"."spelt", ' 	
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
                OR REGEXP_MATCHES(TRIM("t17"."spelt", ' 	
'), '^[0-]*$')
                THEN CAST(NULL AS TEXT)
                ELSE TRIM("t17"."spelt", ' 	
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
              ) AS "t14"
            ) AS "t17"
          ) AS "t20"
          LEFT OUTER JOIN (
            SELECT
              "t1"."id_value",
              "t1"."customer_id" AS "owner"
            FROM "links_now" AS "t1"
            WHERE
              "t1"."id_type" = 'customer_ref'
          ) AS "t8"
            ON "t20"."normal" = "t8"."id_value"
        ) AS "t22"
      ) AS "t25"
        ON "t12"."named" = "t25"."_spelt0"
      LEFT OUTER JOIN (
        SELECT
          "t26"."spelt" AS "_spelt1",
          "t26"."normal" AS "_normal1",
          "t26"."owner" AS "_owner1"
        FROM (
          SELECT
            "t23"."spelt",
            "t23"."normal",
            "t9"."owner"
          FROM (
            SELECT
              "t18"."spelt",
              SHA256(
                CASE
                  WHEN REGEXP_MATCHES(
                    NFC_NORMALIZE(
                      LOWER(
                        REPLACE(
                          REPLACE(NFC_NORMALIZE(TRIM("t18"."spelt", ' 	
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
                            REPLACE(NFC_NORMALIZE(TRIM("t18"."spelt", ' 	
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
                        REPLACE(NFC_NORMALIZE(TRIM("t18"."spelt", ' 	
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
              ) AS "t15"
            ) AS "t18"
          ) AS "t23"
          LEFT OUTER JOIN (
            SELECT
              "t1"."id_value",
              "t1"."customer_id" AS "owner"
            FROM "links_now" AS "t1"
            WHERE
              "t1"."id_type" = 'email_sha256'
          ) AS "t9"
            ON "t23"."normal" = "t9"."id_value"
        ) AS "t26"
      ) AS "t28"
        ON "t12"."address" = "t28"."_spelt1"
    ) AS "t29"
    WHERE
      NOT CASE
        WHEN NOT "t29"."_owner0" IS NULL
        THEN "t29"."_owner0"
        WHEN NOT "t29"."_owner1" IS NULL
        THEN "t29"."_owner1"
        ELSE NULL
      END IS NULL
  ) AS "t30"
) AS "t31"
