SELECT
  "t34"."message_id" AS "entry_id",
  CASE
    WHEN NOT "t34"."_owner0" IS NULL
    THEN "t34"."_owner0"
    WHEN NOT "t34"."_owner1" IS NULL
    THEN "t34"."_owner1"
    WHEN NOT "t34"."_owner2" IS NULL
    THEN "t34"."_owner2"
    WHEN NOT "t34"."_owner3" IS NULL
    THEN "t34"."_owner3"
    ELSE NULL
  END AS "customer_id",
  'marketing' AS "purpose",
  'email' AS "channel",
  FALSE AS "granted",
  "t34"."timestamp" AS "recorded_at",
  "t34"."event" AS "source",
  'segment' AS "origin"
FROM (
  SELECT
    "t14"."message_id",
    "t14"."event",
    "t14"."timestamp",
    "t14"."user_id",
    "t14"."recipient_email",
    "t14"."email",
    "t14"."anonymous_id",
    "t22"."_spelt0",
    "t22"."_normal0",
    "t22"."_owner0",
    "t29"."_spelt1",
    "t29"."_normal1",
    "t29"."_owner1",
    "t30"."_spelt2",
    "t30"."_normal2",
    "t30"."_owner2",
    "t33"."_spelt3",
    "t33"."_normal3",
    "t33"."_owner3"
  FROM (
    SELECT
      "t0"."message_id",
      "t0"."event",
      "t0"."timestamp",
      "t0"."user_id",
      "t0"."recipient_email",
      "t0"."email",
      CASE
        WHEN CASE
          WHEN LOWER(
            REPLACE(REPLACE(TRIM("t0"."user_id", ' 	
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
          OR REGEXP_MATCHES(TRIM("t0"."user_id", ' 	
'), '^[0-]*$')
          THEN CAST(NULL AS TEXT)
          ELSE TRIM("t0"."user_id", ' 	
')
        END IS NULL
        THEN "t0"."anonymous_id"
        ELSE CAST(NULL AS TEXT)
      END AS "anonymous_id"
    FROM "events_once" AS "t0"
    WHERE
      "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
  ) AS "t14"
  LEFT OUTER JOIN (
    SELECT
      "t18"."spelt" AS "_spelt0",
      "t18"."normal" AS "_normal0",
      "t18"."owner" AS "_owner0"
    FROM (
      SELECT
        "t15"."spelt",
        "t15"."normal",
        "t8"."owner"
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
            "t0"."user_id" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t2"
      ) AS "t15"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'customer_ref'
      ) AS "t8"
        ON "t15"."normal" = "t8"."id_value"
    ) AS "t18"
  ) AS "t22"
    ON "t14"."user_id" = "t22"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t24"."spelt" AS "_spelt1",
      "t24"."normal" AS "_normal1",
      "t24"."owner" AS "_owner1"
    FROM (
      SELECT
        "t19"."spelt",
        "t19"."normal",
        "t9"."owner"
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
          ) AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."recipient_email" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t3"
      ) AS "t19"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t9"
        ON "t19"."normal" = "t9"."id_value"
    ) AS "t24"
  ) AS "t29"
    ON "t14"."recipient_email" = "t29"."_spelt1"
  LEFT OUTER JOIN (
    SELECT
      "t25"."spelt" AS "_spelt2",
      "t25"."normal" AS "_normal2",
      "t25"."owner" AS "_owner2"
    FROM (
      SELECT
        "t20"."spelt",
        "t20"."normal",
        "t9"."owner"
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
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t4"
      ) AS "t20"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t9"
        ON "t20"."normal" = "t9"."id_value"
    ) AS "t25"
  ) AS "t30"
    ON "t14"."email" = "t30"."_spelt2"
  LEFT OUTER JOIN (
    SELECT
      "t31"."spelt" AS "_spelt3",
      "t31"."normal" AS "_normal3",
      "t31"."owner" AS "_owner3"
    FROM (
      SELECT
        "t26"."spelt",
        "t26"."normal",
        "t10"."owner"
      FROM (
        SELECT
          "t12"."spelt",
          CASE
            WHEN LOWER(
              REPLACE(REPLACE(TRIM("t12"."spelt", ' 	
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
            OR REGEXP_MATCHES(TRIM("t12"."spelt", ' 	
'), '^[0-]*$')
            THEN CAST(NULL AS TEXT)
            ELSE TRIM("t12"."spelt", ' 	
')
          END AS "normal"
        FROM (
          SELECT DISTINCT
            CASE
              WHEN CASE
                WHEN LOWER(
                  REPLACE(REPLACE(TRIM("t0"."user_id", ' 	
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
                OR REGEXP_MATCHES(TRIM("t0"."user_id", ' 	
'), '^[0-]*$')
                THEN CAST(NULL AS TEXT)
                ELSE TRIM("t0"."user_id", ' 	
')
              END IS NULL
              THEN "t0"."anonymous_id"
              ELSE CAST(NULL AS TEXT)
            END AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t12"
      ) AS "t26"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'anonymous_id'
      ) AS "t10"
        ON "t26"."normal" = "t10"."id_value"
    ) AS "t31"
  ) AS "t33"
    ON "t14"."anonymous_id" = "t33"."_spelt3"
) AS "t34"
WHERE
  NOT CASE
    WHEN NOT "t34"."_owner0" IS NULL
    THEN "t34"."_owner0"
    WHEN NOT "t34"."_owner1" IS NULL
    THEN "t34"."_owner1"
    WHEN NOT "t34"."_owner2" IS NULL
    THEN "t34"."_owner2"
    WHEN NOT "t34"."_owner3" IS NULL
    THEN "t34"."_owner3"
    ELSE NULL
  END IS NULL
