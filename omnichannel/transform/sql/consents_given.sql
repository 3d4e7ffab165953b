SELECT
  "t28"."consent_id" AS "entry_id",
  CASE
    WHEN NOT "t28"."_owner0" IS NULL
    THEN "t28"."_owner0"
    WHEN NOT "t28"."_owner1" IS NULL
    THEN "t28"."_owner1"
    WHEN NOT "t28"."_owner2" IS NULL
    THEN "t28"."_owner2"
    ELSE NULL
  END AS "customer_id",
  "t28"."purpose",
  "t28"."channel",
  "t28"."granted",
  "t28"."recorded_at",
  "t28"."source",
  'consents' AS "origin"
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
    "t23"."_spelt0",
    "t23"."_normal0",
    "t23"."_owner0",
    "t27"."_spelt1",
    "t27"."_normal1",
    "t27"."_owner1",
    "t24"."_spelt2",
    "t24"."_normal2",
    "t24"."_owner2"
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
      "t18"."spelt" AS "_spelt0",
      "t18"."normal" AS "_normal0",
      "t18"."owner" AS "_owner0"
    FROM (
      SELECT
        "t15"."spelt",
        "t15"."normal",
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
          FROM "consents_once" AS "t0"
        ) AS "t2"
      ) AS "t15"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'customer_ref'
      ) AS "t10"
        ON "t15"."normal" = "t10"."id_value"
    ) AS "t18"
  ) AS "t23"
    ON "t6"."customer_ref" = "t23"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t25"."spelt" AS "_spelt1",
      "t25"."normal" AS "_normal1",
      "t25"."owner" AS "_owner1"
    FROM (
      SELECT
        "t19"."spelt",
        "t19"."normal",
        "t11"."owner"
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
            "t0"."email" AS "spelt"
          FROM "consents_once" AS "t0"
        ) AS "t3"
      ) AS "t19"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t11"
        ON "t19"."normal" = "t11"."id_value"
    ) AS "t25"
  ) AS "t27"
    ON "t6"."email" = "t27"."_spelt1"
  LEFT OUTER JOIN (
    SELECT
      "t20"."spelt" AS "_spelt2",
      "t20"."normal" AS "_normal2",
      "t20"."owner" AS "_owner2"
    FROM (
      SELECT
        "t16"."spelt",
        "t16"."normal",
        "t12"."owner"
      FROM (
        SELECT
          "t4"."spelt",
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
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."anonymous_id" AS "spelt"
          FROM "consents_once" AS "t0"
        ) AS "t4"
      ) AS "t16"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'anonymous_id'
      ) AS "t12"
        ON "t16"."normal" = "t12"."id_value"
    ) AS "t20"
  ) AS "t24"
    ON "t6"."anonymous_id" = "t24"."_spelt2"
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
