WITH "t10" AS (
  SELECT
    "t0"."source",
    "t0"."first_seen",
    "t0"."last_seen",
    "t0"."seen",
    "t0"."customer_ref",
    "t0"."loyalty_card",
    "t0"."email_sha256",
    "t0"."phone_sha256",
    "t0"."segment_id",
    "t0"."anonymous_id",
    "t0"."device_id",
    CASE
      WHEN NOT "t0"."customer_ref" IS NULL
      THEN 'customer_ref'
      WHEN NOT "t0"."loyalty_card" IS NULL
      THEN 'loyalty_card'
      WHEN NOT "t0"."email_sha256" IS NULL
      THEN 'email_sha256'
      WHEN NOT "t0"."phone_sha256" IS NULL
      THEN 'phone_sha256'
      WHEN NOT "t0"."segment_id" IS NULL
      THEN 'segment_id'
      ELSE CAST(NULL AS TEXT)
    END AS "_type",
    COALESCE(
      "t0"."customer_ref",
      "t0"."loyalty_card",
      "t0"."email_sha256",
      "t0"."phone_sha256",
      "t0"."segment_id"
    ) AS "_value"
  FROM "identity_records" AS "t0"
  WHERE
    NOT "t0"."anonymous_id" IS NULL
), "t12" AS (
  SELECT
    "t0"."source",
    "t0"."first_seen",
    "t0"."last_seen",
    "t0"."seen",
    "t0"."customer_ref",
    "t0"."loyalty_card",
    "t0"."email_sha256",
    "t0"."phone_sha256",
    "t0"."segment_id",
    "t0"."anonymous_id",
    "t0"."device_id",
    CASE
      WHEN NOT "t0"."customer_ref" IS NULL
      THEN 'customer_ref'
      WHEN NOT "t0"."loyalty_card" IS NULL
      THEN 'loyalty_card'
      WHEN NOT "t0"."email_sha256" IS NULL
      THEN 'email_sha256'
      WHEN NOT "t0"."phone_sha256" IS NULL
      THEN 'phone_sha256'
      WHEN NOT "t0"."segment_id" IS NULL
      THEN 'segment_id'
      WHEN NOT "t0"."anonymous_id" IS NULL
      THEN 'anonymous_id'
      ELSE CAST(NULL AS TEXT)
    END AS "_type",
    COALESCE(
      "t0"."customer_ref",
      "t0"."loyalty_card",
      "t0"."email_sha256",
      "t0"."phone_sha256",
      "t0"."segment_id",
      "t0"."anonymous_id"
    ) AS "_value"
  FROM "identity_records" AS "t0"
  WHERE
    NOT "t0"."device_id" IS NULL
), "t37" AS (
  SELECT
    "t5"."customer_ref",
    "t5"."birth_date",
    "t5"."first_name",
    "t5"."created_at",
    "t5"."source_ts",
    CASE
      WHEN LOWER(
        REPLACE(REPLACE(TRIM("t5"."customer_ref", ' 	
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
      OR REGEXP_MATCHES(TRIM("t5"."customer_ref", ' 	
'), '^[0-]*$')
      THEN CAST(NULL AS TEXT)
      ELSE TRIM("t5"."customer_ref", ' 	
')
    END AS "_ref",
    'customers' AS "source",
    LEAST("t5"."created_at", "t5"."source_ts") AS "first_seen",
    "t5"."source_ts" AS "last_seen",
    1 AS "seen",
    CASE
      WHEN CAST("t5"."birth_date" AS TEXT) IN ('1900-01-01', '1970-01-01')
      THEN CAST(NULL AS TEXT)
      ELSE CAST("t5"."birth_date" AS TEXT)
    END AS "_birth_date",
    NULLIF(
      NFC_NORMALIZE(
        LOWER(
          REPLACE(
            REPLACE(NFC_NORMALIZE(TRIM("t5"."first_name", ' 	
')), 'İ', 'i'),
            'Σ',
            'σ'
          )
        )
      ),
      ''
    ) AS "_first_name"
  FROM (
    SELECT
      "t2"."customer_ref",
      "t2"."birth_date",
      "t2"."first_name",
      "t2"."created_at",
      "t2"."source_ts"
    FROM "customers" AS "t2"
  ) AS "t5"
)
SELECT
  *
FROM (
  SELECT
    "t51"."left_type",
    "t51"."left_value",
    "t51"."right_type",
    "t51"."right_value",
    "t51"."source",
    MIN("t51"."first_seen") AS "first_seen",
    MAX("t51"."last_seen") AS "last_seen",
    SUM("t51"."seen") AS "seen"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'loyalty_card' AS "left_type",
              "t0"."loyalty_card" AS "left_value",
              CAST(NULL AS TEXT) AS "right_type",
              CAST(NULL AS TEXT) AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."loyalty_card" IS NULL
              AND CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t19"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                ELSE CAST(NULL AS TEXT)
              END AS "left_type",
              COALESCE("t0"."customer_ref", "t0"."loyalty_card") AS "left_value",
              'email_sha256' AS "right_type",
              "t0"."email_sha256" AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."email_sha256" IS NULL
              AND NOT CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t13"
        ) AS "t25"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'email_sha256' AS "left_type",
              "t0"."email_sha256" AS "left_value",
              CAST(NULL AS TEXT) AS "right_type",
              CAST(NULL AS TEXT) AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."email_sha256" IS NULL
              AND CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t14"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                WHEN NOT "t0"."email_sha256" IS NULL
                THEN 'email_sha256'
                ELSE CAST(NULL AS TEXT)
              END AS "left_type",
              COALESCE("t0"."customer_ref", "t0"."loyalty_card", "t0"."email_sha256") AS "left_value",
              'phone_sha256' AS "right_type",
              "t0"."phone_sha256" AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."phone_sha256" IS NULL
              AND NOT CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                WHEN NOT "t0"."email_sha256" IS NULL
                THEN 'email_sha256'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t15"
        ) AS "t23"
      ) AS "t27"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'phone_sha256' AS "left_type",
              "t0"."phone_sha256" AS "left_value",
              CAST(NULL AS TEXT) AS "right_type",
              CAST(NULL AS TEXT) AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."phone_sha256" IS NULL
              AND CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                WHEN NOT "t0"."email_sha256" IS NULL
                THEN 'email_sha256'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t16"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                WHEN NOT "t0"."email_sha256" IS NULL
                THEN 'email_sha256'
                WHEN NOT "t0"."phone_sha256" IS NULL
                THEN 'phone_sha256'
                ELSE CAST(NULL AS TEXT)
              END AS "left_type",
              COALESCE("t0"."customer_ref", "t0"."loyalty_card", "t0"."email_sha256", "t0"."phone_sha256") AS "left_value",
              'segment_id' AS "right_type",
              "t0"."segment_id" AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."segment_id" IS NULL
              AND NOT CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                WHEN NOT "t0"."email_sha256" IS NULL
                THEN 'email_sha256'
                WHEN NOT "t0"."phone_sha256" IS NULL
                THEN 'phone_sha256'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t17"
        ) AS "t24"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'segment_id' AS "left_type",
              "t0"."segment_id" AS "left_value",
              CAST(NULL AS TEXT) AS "right_type",
              CAST(NULL AS TEXT) AS "right_value",
              "t0"."source",
              "t0"."first_seen",
              "t0"."last_seen",
              "t0"."seen"
            FROM "identity_records" AS "t0"
            WHERE
              NOT "t0"."segment_id" IS NULL
              AND CASE
                WHEN NOT "t0"."customer_ref" IS NULL
                THEN 'customer_ref'
                WHEN NOT "t0"."loyalty_card" IS NULL
                THEN 'loyalty_card'
                WHEN NOT "t0"."email_sha256" IS NULL
                THEN 'email_sha256'
                WHEN NOT "t0"."phone_sha256" IS NULL
                THEN 'phone_sha256'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
          ) AS "t18"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t21"."_type" AS "left_type",
              "t21"."_value" AS "left_value",
              'anonymous_id' AS "right_type",
              "t21"."anonymous_id" AS "right_value",
              "t21"."source",
              "t21"."first_seen",
              "t21"."last_seen",
              "t21"."seen"
            FROM "t10" AS "t21"
            WHERE
              NOT "t21"."_type" IS NULL
          ) AS "t28"
        ) AS "t32"
      ) AS "t35"
    ) AS "t36"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'anonymous_id' AS "left_type",
              "t21"."anonymous_id" AS "left_value",
              CAST(NULL AS TEXT) AS "right_type",
              CAST(NULL AS TEXT) AS "right_value",
              "t21"."source",
              "t21"."first_seen",
              "t21"."last_seen",
              "t21"."seen"
            FROM "t10" AS "t21"
            WHERE
              "t21"."_type" IS NULL
          ) AS "t29"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t22"."_type" AS "left_type",
              "t22"."_value" AS "left_value",
              'device_id' AS "right_type",
              "t22"."device_id" AS "right_value",
              "t22"."source",
              "t22"."first_seen",
              "t22"."last_seen",
              "t22"."seen"
            FROM "t12" AS "t22"
            WHERE
              NOT "t22"."_type" IS NULL
          ) AS "t30"
        ) AS "t33"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'device_id' AS "left_type",
              "t22"."device_id" AS "left_value",
              CAST(NULL AS TEXT) AS "right_type",
              CAST(NULL AS TEXT) AS "right_value",
              "t22"."source",
              "t22"."first_seen",
              "t22"."last_seen",
              "t22"."seen"
            FROM "t12" AS "t22"
            WHERE
              "t22"."_type" IS NULL
          ) AS "t31"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              'customer_ref' AS "left_type",
              "t46"."ref" AS "left_value",
              CASE WHEN NOT "t46"."known" IS NULL THEN 'customer_ref' ELSE 'anonymous_id' END AS "right_type",
              "t46"."previous" AS "right_value",
              'alias' AS "source",
              "t46"."at" AS "first_seen",
              "t46"."at" AS "last_seen",
              1 AS "seen"
            FROM (
              SELECT
                "t40"."ref",
                "t40"."previous",
                "t40"."at",
                "t11"."known"
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t3"."user_id", ' 	
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
                      OR REGEXP_MATCHES(TRIM("t3"."user_id", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t3"."user_id", ' 	
')
                    END AS "ref",
                    CASE
                      WHEN LOWER(
                        REPLACE(REPLACE(TRIM("t3"."previous_id", ' 	
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
                      OR REGEXP_MATCHES(TRIM("t3"."previous_id", ' 	
'), '^[0-]*$')
                      THEN CAST(NULL AS TEXT)
                      ELSE TRIM("t3"."previous_id", ' 	
')
                    END AS "previous",
                    "t3"."timestamp" AS "at"
                  FROM "events" AS "t3"
                  WHERE
                    "t3"."timestamp" < GETVARIABLE('as_of')
                    AND "t3"."type" = 'alias'
                    AND NOT "t3"."user_id" IS NULL
                    AND NOT "t3"."previous_id" IS NULL
                ) AS "t34"
                WHERE
                  NOT "t34"."ref" IS NULL
                  AND NOT "t34"."previous" IS NULL
                  AND "t34"."ref" <> "t34"."previous"
              ) AS "t40"
              LEFT OUTER JOIN (
                SELECT DISTINCT
                  "t0"."customer_ref" AS "known"
                FROM "identity_records" AS "t0"
                WHERE
                  NOT "t0"."customer_ref" IS NULL
              ) AS "t11"
                ON "t40"."previous" = "t11"."known"
            ) AS "t46"
          ) AS "t47"
        ) AS "t48"
      ) AS "t49"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'segment_id' AS "left_type",
              "t1"."canonical_segment_id" AS "left_value",
              'segment_id' AS "right_type",
              "t1"."segment_id" AS "right_value",
              'profile_merges' AS "source",
              "t1"."timestamp" AS "first_seen",
              "t1"."timestamp" AS "last_seen",
              1 AS "seen"
            FROM "profile_merges_once" AS "t1"
            WHERE
              "t1"."segment_id" <> "t1"."canonical_segment_id"
          ) AS "t9"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              'customer_ref' AS "left_type",
              "t38"."_ref" AS "left_value",
              'birth_date' AS "right_type",
              "t38"."_birth_date" AS "right_value",
              "t38"."source",
              "t38"."first_seen",
              "t38"."last_seen",
              "t38"."seen"
            FROM "t37" AS "t38"
            WHERE
              NOT "t38"."_ref" IS NULL AND NOT "t38"."_birth_date" IS NULL
          ) AS "t41"
        ) AS "t43"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              'customer_ref' AS "left_type",
              "t38"."_ref" AS "left_value",
              'first_name' AS "right_type",
              "t38"."_first_name" AS "right_value",
              "t38"."source",
              "t38"."first_seen",
              "t38"."last_seen",
              "t38"."seen"
            FROM "t37" AS "t38"
            WHERE
              NOT "t38"."_ref" IS NULL AND NOT "t38"."_first_name" IS NULL
          ) AS "t42"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              *
            FROM (
              SELECT
                'customer_ref' AS "left_type",
                "t0"."customer_ref" AS "left_value",
                CAST(NULL AS TEXT) AS "right_type",
                CAST(NULL AS TEXT) AS "right_value",
                "t0"."source",
                "t0"."first_seen",
                "t0"."last_seen",
                "t0"."seen"
              FROM "identity_records" AS "t0"
              WHERE
                NOT "t0"."customer_ref" IS NULL
            ) AS "t7"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                CASE
                  WHEN NOT "t0"."customer_ref" IS NULL
                  THEN 'customer_ref'
                  ELSE CAST(NULL AS TEXT)
                END AS "left_type",
                COALESCE("t0"."customer_ref") AS "left_value",
                'loyalty_card' AS "right_type",
                "t0"."loyalty_card" AS "right_value",
                "t0"."source",
                "t0"."first_seen",
                "t0"."last_seen",
                "t0"."seen"
              FROM "identity_records" AS "t0"
              WHERE
                NOT "t0"."loyalty_card" IS NULL
                AND NOT CASE
                  WHEN NOT "t0"."customer_ref" IS NULL
                  THEN 'customer_ref'
                  ELSE CAST(NULL AS TEXT)
                END IS NULL
            ) AS "t20"
          ) AS "t26"
        ) AS "t44"
      ) AS "t45"
    ) AS "t50"
  ) AS "t51"
  GROUP BY
    1,
    2,
    3,
    4,
    5
) AS "t52"
