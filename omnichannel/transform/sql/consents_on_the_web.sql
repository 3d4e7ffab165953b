WITH "t17" AS (
  SELECT
    "t16"."message_id",
    "t16"."visitor",
    "t16"."user_id",
    "t16"."anonymous_id",
    "t16"."timestamp",
    "t16"."decided",
    "t16"."category",
    "t16"."purpose",
    "t16"."granted",
    LAG("t16"."granted") OVER (
      PARTITION BY "t16"."visitor", "t16"."category"
      ORDER BY "t16"."timestamp" ASC, "t16"."message_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "before"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t6".*
          EXCLUDE ("said", "word")
        FROM (
          SELECT
            "t1"."message_id",
            "t1"."visitor",
            "t1"."user_id",
            "t1"."anonymous_id",
            "t1"."timestamp",
            "t1"."said",
            "t1"."decided",
            REGEXP_EXTRACT(
              "t1"."said",
              '"categorypreferences"\s*:\s*\{[^{}]*"advertising"\s*:\s*(true|false)',
              1
            ) AS "word",
            'advertising' AS "category",
            'advertising' AS "purpose",
            REGEXP_EXTRACT(
              "t1"."said",
              '"categorypreferences"\s*:\s*\{[^{}]*"advertising"\s*:\s*(true|false)',
              1
            ) = 'true' AS "granted"
          FROM "consent_contexts" AS "t1"
          WHERE
            REGEXP_EXTRACT(
              "t1"."said",
              '"categorypreferences"\s*:\s*\{[^{}]*"advertising"\s*:\s*(true|false)',
              1
            ) IN ('true', 'false')
        ) AS "t6"
      ) AS "t10"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t7".*
          EXCLUDE ("said", "word")
        FROM (
          SELECT
            "t1"."message_id",
            "t1"."visitor",
            "t1"."user_id",
            "t1"."anonymous_id",
            "t1"."timestamp",
            "t1"."said",
            "t1"."decided",
            REGEXP_EXTRACT("t1"."said", '"categorypreferences"\s*:\s*\{[^{}]*"analytics"\s*:\s*(true|false)', 1) AS "word",
            'analytics' AS "category",
            'analytics' AS "purpose",
            REGEXP_EXTRACT("t1"."said", '"categorypreferences"\s*:\s*\{[^{}]*"analytics"\s*:\s*(true|false)', 1) = 'true' AS "granted"
          FROM "consent_contexts" AS "t1"
          WHERE
            REGEXP_EXTRACT("t1"."said", '"categorypreferences"\s*:\s*\{[^{}]*"analytics"\s*:\s*(true|false)', 1) IN ('true', 'false')
        ) AS "t7"
      ) AS "t11"
    ) AS "t14"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t8".*
          EXCLUDE ("said", "word")
        FROM (
          SELECT
            "t1"."message_id",
            "t1"."visitor",
            "t1"."user_id",
            "t1"."anonymous_id",
            "t1"."timestamp",
            "t1"."said",
            "t1"."decided",
            REGEXP_EXTRACT("t1"."said", '"categorypreferences"\s*:\s*\{[^{}]*"marketing"\s*:\s*(true|false)', 1) AS "word",
            'marketing' AS "category",
            'marketing' AS "purpose",
            REGEXP_EXTRACT("t1"."said", '"categorypreferences"\s*:\s*\{[^{}]*"marketing"\s*:\s*(true|false)', 1) = 'true' AS "granted"
          FROM "consent_contexts" AS "t1"
          WHERE
            REGEXP_EXTRACT("t1"."said", '"categorypreferences"\s*:\s*\{[^{}]*"marketing"\s*:\s*(true|false)', 1) IN ('true', 'false')
        ) AS "t8"
      ) AS "t12"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t9".*
          EXCLUDE ("said", "word")
        FROM (
          SELECT
            "t1"."message_id",
            "t1"."visitor",
            "t1"."user_id",
            "t1"."anonymous_id",
            "t1"."timestamp",
            "t1"."said",
            "t1"."decided",
            REGEXP_EXTRACT(
              "t1"."said",
              '"categorypreferences"\s*:\s*\{[^{}]*"personalization"\s*:\s*(true|false)',
              1
            ) AS "word",
            'personalization' AS "category",
            'personalization' AS "purpose",
            REGEXP_EXTRACT(
              "t1"."said",
              '"categorypreferences"\s*:\s*\{[^{}]*"personalization"\s*:\s*(true|false)',
              1
            ) = 'true' AS "granted"
          FROM "consent_contexts" AS "t1"
          WHERE
            REGEXP_EXTRACT(
              "t1"."said",
              '"categorypreferences"\s*:\s*\{[^{}]*"personalization"\s*:\s*(true|false)',
              1
            ) IN ('true', 'false')
        ) AS "t9"
      ) AS "t13"
    ) AS "t15"
  ) AS "t16"
)
SELECT
  "t33"."message_id" || '/' || "t33"."category" AS "entry_id",
  CASE
    WHEN NOT "t33"."_normal0" IS NULL
    THEN "t33"."_owner0"
    WHEN NOT "t33"."_normal1" IS NULL
    THEN "t33"."_owner1"
    ELSE NULL
  END AS "customer_id",
  "t33"."purpose",
  'web' AS "channel",
  "t33"."granted",
  "t33"."timestamp" AS "recorded_at",
  'consent object' AS "source",
  'segment' AS "origin"
FROM (
  SELECT
    "t22"."message_id",
    "t22"."visitor",
    "t22"."user_id",
    "t22"."anonymous_id",
    "t22"."timestamp",
    "t22"."decided",
    "t22"."category",
    "t22"."purpose",
    "t22"."granted",
    "t22"."before",
    "t31"."_spelt0",
    "t31"."_normal0",
    "t31"."_owner0",
    "t32"."_spelt1",
    "t32"."_normal1",
    "t32"."_owner1"
  FROM (
    SELECT
      *
    FROM "t17" AS "t18"
    WHERE
      (
        "t18"."before" IS NULL
      )
      OR (
        "t18"."before" <> "t18"."granted"
      )
      OR COALESCE("t18"."decided", FALSE)
  ) AS "t22"
  LEFT OUTER JOIN (
    SELECT
      "t27"."spelt" AS "_spelt0",
      "t27"."normal" AS "_normal0",
      "t27"."owner" AS "_owner0"
    FROM (
      SELECT
        "t25"."spelt",
        "t25"."normal",
        "t4"."owner"
      FROM (
        SELECT
          "t20"."spelt",
          CASE
            WHEN LOWER(
              REPLACE(REPLACE(TRIM("t20"."spelt", ' 	
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
            OR REGEXP_MATCHES(TRIM("t20"."spelt", ' 	
'), '^[0-]*$')
            THEN CAST(NULL AS TEXT)
            ELSE TRIM("t20"."spelt", ' 	
')
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t18"."user_id" AS "spelt"
          FROM "t17" AS "t18"
          WHERE
            (
              "t18"."before" IS NULL
            )
            OR (
              "t18"."before" <> "t18"."granted"
            )
            OR COALESCE("t18"."decided", FALSE)
        ) AS "t20"
      ) AS "t25"
      LEFT OUTER JOIN (
        SELECT
          "t0"."id_value",
          "t0"."customer_id" AS "owner"
        FROM "links_now" AS "t0"
        WHERE
          "t0"."id_type" = 'customer_ref'
      ) AS "t4"
        ON "t25"."normal" = "t4"."id_value"
    ) AS "t27"
  ) AS "t31"
    ON "t22"."user_id" = "t31"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t28"."spelt" AS "_spelt1",
      "t28"."normal" AS "_normal1",
      "t28"."owner" AS "_owner1"
    FROM (
      SELECT
        "t26"."spelt",
        "t26"."normal",
        "t5"."owner"
      FROM (
        SELECT
          "t21"."spelt",
          CASE
            WHEN LOWER(
              REPLACE(REPLACE(TRIM("t21"."spelt", ' 	
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
            OR REGEXP_MATCHES(TRIM("t21"."spelt", ' 	
'), '^[0-]*$')
            THEN CAST(NULL AS TEXT)
            ELSE TRIM("t21"."spelt", ' 	
')
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t18"."anonymous_id" AS "spelt"
          FROM "t17" AS "t18"
          WHERE
            (
              "t18"."before" IS NULL
            )
            OR (
              "t18"."before" <> "t18"."granted"
            )
            OR COALESCE("t18"."decided", FALSE)
        ) AS "t21"
      ) AS "t26"
      LEFT OUTER JOIN (
        SELECT
          "t0"."id_value",
          "t0"."customer_id" AS "owner"
        FROM "links_now" AS "t0"
        WHERE
          "t0"."id_type" = 'anonymous_id'
      ) AS "t5"
        ON "t26"."normal" = "t5"."id_value"
    ) AS "t28"
  ) AS "t32"
    ON "t22"."anonymous_id" = "t32"."_spelt1"
) AS "t33"
WHERE
  NOT CASE
    WHEN NOT "t33"."_normal0" IS NULL
    THEN "t33"."_owner0"
    WHEN NOT "t33"."_normal1" IS NULL
    THEN "t33"."_owner1"
    ELSE NULL
  END IS NULL
