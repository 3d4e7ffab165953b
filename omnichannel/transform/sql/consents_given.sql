SELECT
  "t31"."consent_id" AS "entry_id",
  CASE
    WHEN NOT "t31"."_owner0" IS NULL
    THEN "t31"."_owner0"
    WHEN NOT "t31"."_owner1" IS NULL
    THEN "t31"."_owner1"
    WHEN NOT "t31"."_owner2" IS NULL
    THEN "t31"."_owner2"
    ELSE NULL
  END AS "customer_id",
  "t31"."purpose",
  "t31"."channel",
  "t31"."granted",
  "t31"."recorded_at",
  "t31"."source",
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
    "t26"."_spelt0",
    "t26"."_owner0",
    "t30"."_spelt1",
    "t30"."_owner1",
    "t27"."_spelt2",
    "t27"."_owner2"
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
      "t21"."spelt" AS "_spelt0",
      "t21"."owner" AS "_owner0"
    FROM (
      SELECT
        "t17"."spelt",
        "t10"."owner"
      FROM (
        SELECT
          *
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
        ) AS "t13"
        WHERE
          NOT "t13"."normal" IS NULL
      ) AS "t17"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'customer_ref'
      ) AS "t10"
        ON "t17"."normal" = "t10"."id_value"
    ) AS "t21"
  ) AS "t26"
    ON "t6"."customer_ref" = "t26"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t28"."spelt" AS "_spelt1",
      "t28"."owner" AS "_owner1"
    FROM (
      SELECT
        "t22"."spelt",
        "t11"."owner"
      FROM (
        SELECT
          *
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
        ) AS "t18"
        WHERE
          NOT "t18"."normal" IS NULL
      ) AS "t22"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t11"
        ON "t22"."normal" = "t11"."id_value"
    ) AS "t28"
  ) AS "t30"
    ON "t6"."email" = "t30"."_spelt1"
  LEFT OUTER JOIN (
    SELECT
      "t23"."spelt" AS "_spelt2",
      "t23"."owner" AS "_owner2"
    FROM (
      SELECT
        "t19"."spelt",
        "t12"."owner"
      FROM (
        SELECT
          *
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
        ) AS "t14"
        WHERE
          NOT "t14"."normal" IS NULL
      ) AS "t19"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'anonymous_id'
      ) AS "t12"
        ON "t19"."normal" = "t12"."id_value"
    ) AS "t23"
  ) AS "t27"
    ON "t6"."anonymous_id" = "t27"."_spelt2"
) AS "t31"
WHERE
  NOT CASE
    WHEN NOT "t31"."_owner0" IS NULL
    THEN "t31"."_owner0"
    WHEN NOT "t31"."_owner1" IS NULL
    THEN "t31"."_owner1"
    WHEN NOT "t31"."_owner2" IS NULL
    THEN "t31"."_owner2"
    ELSE NULL
  END IS NULL
