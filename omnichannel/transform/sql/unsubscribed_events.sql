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
    "t10"."message_id",
    "t10"."event",
    "t10"."timestamp",
    "t10"."user_id",
    "t10"."recipient_email",
    "t10"."email",
    "t10"."anonymous_id",
    "t26"."_spelt0",
    "t26"."_normal0",
    "t26"."_owner0",
    "t32"."_spelt1",
    "t32"."_normal1",
    "t32"."_owner1",
    "t33"."_spelt2",
    "t33"."_normal2",
    "t33"."_owner2",
    "t27"."_spelt3",
    "t27"."_normal3",
    "t27"."_owner3"
  FROM (
    SELECT
      "t0"."message_id",
      "t0"."event",
      "t0"."timestamp",
      "t0"."user_id",
      "t0"."recipient_email",
      "t0"."email",
      "t0"."anonymous_id"
    FROM "events_once" AS "t0"
    WHERE
      "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
  ) AS "t10"
  LEFT OUTER JOIN (
    SELECT
      "t20"."spelt" AS "_spelt0",
      "t20"."normal" AS "_normal0",
      "t20"."owner" AS "_owner0"
    FROM (
      SELECT
        "t16"."spelt",
        "t16"."normal",
        "t11"."owner"
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
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."user_id" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t3"
      ) AS "t16"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'customer_ref'
      ) AS "t11"
        ON "t16"."normal" = "t11"."id_value"
    ) AS "t20"
  ) AS "t26"
    ON "t10"."user_id" = "t26"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t28"."spelt" AS "_spelt1",
      "t28"."normal" AS "_normal1",
      "t28"."owner" AS "_owner1"
    FROM (
      SELECT
        "t21"."spelt",
        "t21"."normal",
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
            "t0"."recipient_email" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t4"
      ) AS "t21"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t12"
        ON "t21"."normal" = "t12"."id_value"
    ) AS "t28"
  ) AS "t32"
    ON "t10"."recipient_email" = "t32"."_spelt1"
  LEFT OUTER JOIN (
    SELECT
      "t29"."spelt" AS "_spelt2",
      "t29"."normal" AS "_normal2",
      "t29"."owner" AS "_owner2"
    FROM (
      SELECT
        "t22"."spelt",
        "t22"."normal",
        "t12"."owner"
      FROM (
        SELECT
          "t5"."spelt",
          SHA256(
            CASE
              WHEN REGEXP_MATCHES(
                NFC_NORMALIZE(
                  LOWER(
                    REPLACE(
                      REPLACE(NFC_NORMALIZE(TRIM("t5"."spelt", ' 	
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
                        REPLACE(NFC_NORMALIZE(TRIM("t5"."spelt", ' 	
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
                    REPLACE(NFC_NORMALIZE(TRIM("t5"."spelt", ' 	
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
        ) AS "t5"
      ) AS "t22"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t12"
        ON "t22"."normal" = "t12"."id_value"
    ) AS "t29"
  ) AS "t33"
    ON "t10"."email" = "t33"."_spelt2"
  LEFT OUTER JOIN (
    SELECT
      "t23"."spelt" AS "_spelt3",
      "t23"."normal" AS "_normal3",
      "t23"."owner" AS "_owner3"
    FROM (
      SELECT
        "t17"."spelt",
        "t17"."normal",
        "t13"."owner"
      FROM (
        SELECT
          "t6"."spelt",
          CASE
            WHEN LOWER(REPLACE(REPLACE(TRIM("t6"."spelt", ' 	
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
            OR REGEXP_MATCHES(TRIM("t6"."spelt", ' 	
'), '^[0-]*$')
            THEN CAST(NULL AS TEXT)
            ELSE TRIM("t6"."spelt", ' 	
')
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."anonymous_id" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
            "t0"."event" IN ('Unsubscribed', 'Email Marked as Spam')
        ) AS "t6"
      ) AS "t17"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'anonymous_id'
      ) AS "t13"
        ON "t17"."normal" = "t13"."id_value"
    ) AS "t23"
  ) AS "t27"
    ON "t10"."anonymous_id" = "t27"."_spelt3"
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
