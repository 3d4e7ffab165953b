SELECT
  "t24"."message_id",
  "t24"."type",
  "t24"."event",
  "t24"."user_id",
  "t24"."anonymous_id",
  "t24"."timestamp",
  "t24"."session_id",
  "t24"."product_id",
  "t24"."order_id",
  "t24"."products",
  CASE
    WHEN NOT "t24"."_spelt0" IS NULL
    THEN "t24"."_owner0"
    WHEN NOT "t24"."_spelt1" IS NULL
    THEN "t24"."_owner1"
    ELSE NULL
  END AS "customer_id"
FROM (
  SELECT
    "t11"."message_id",
    "t11"."type",
    "t11"."event",
    "t11"."user_id",
    "t11"."anonymous_id",
    "t11"."timestamp",
    "t11"."session_id",
    "t11"."product_id",
    "t11"."order_id",
    "t11"."products",
    "t22"."_spelt0",
    "t22"."_owner0",
    "t23"."_spelt1",
    "t23"."_owner1"
  FROM (
    SELECT
      "t0"."message_id",
      "t0"."type",
      "t0"."event",
      "t0"."user_id",
      "t0"."anonymous_id",
      "t0"."timestamp",
      "t0"."session_id",
      "t0"."product_id",
      "t0"."order_id",
      "t0"."products"
    FROM "events_once" AS "t0"
    WHERE
      "t0"."timestamp" < GETVARIABLE('as_of')
  ) AS "t11"
  LEFT OUTER JOIN (
    SELECT
      "t18"."spelt" AS "_spelt0",
      "t18"."owner" AS "_owner0"
    FROM (
      SELECT
        "t16"."spelt",
        "t6"."owner"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t9"."spelt",
            CASE
              WHEN LOWER(REPLACE(REPLACE(TRIM("t9"."spelt", ' 	
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
              OR REGEXP_MATCHES(TRIM("t9"."spelt", ' 	
'), '^[0-]*$')
              THEN CAST(NULL AS TEXT)
              ELSE TRIM("t9"."spelt", ' 	
')
            END AS "normal"
          FROM (
            SELECT DISTINCT
              "t0"."user_id" AS "spelt"
            FROM "events_once" AS "t0"
            WHERE
              "t0"."timestamp" < GETVARIABLE('as_of')
          ) AS "t9"
        ) AS "t12"
        WHERE
          NOT "t12"."normal" IS NULL
      ) AS "t16"
      LEFT OUTER JOIN (
        SELECT
          "t2"."id_value",
          "t2"."customer_id" AS "owner"
        FROM "links_now" AS "t2"
        WHERE
          "t2"."id_type" = 'customer_ref'
      ) AS "t6"
        ON "t16"."normal" = "t6"."id_value"
    ) AS "t18"
  ) AS "t22"
    ON "t11"."user_id" = "t22"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t19"."spelt" AS "_spelt1",
      "t19"."owner" AS "_owner1"
    FROM (
      SELECT
        "t17"."spelt",
        "t7"."owner"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t10"."spelt",
            CASE
              WHEN LOWER(
                REPLACE(REPLACE(TRIM("t10"."spelt", ' 	
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
              OR REGEXP_MATCHES(TRIM("t10"."spelt", ' 	
'), '^[0-]*$')
              THEN CAST(NULL AS TEXT)
              ELSE TRIM("t10"."spelt", ' 	
')
            END AS "normal"
          FROM (
            SELECT DISTINCT
              "t0"."anonymous_id" AS "spelt"
            FROM "events_once" AS "t0"
            WHERE
              "t0"."timestamp" < GETVARIABLE('as_of')
          ) AS "t10"
        ) AS "t13"
        WHERE
          NOT "t13"."normal" IS NULL
      ) AS "t17"
      LEFT OUTER JOIN (
        SELECT
          "t2"."id_value",
          "t2"."customer_id" AS "owner"
        FROM "links_now" AS "t2"
        WHERE
          "t2"."id_type" = 'anonymous_id'
      ) AS "t7"
        ON "t17"."normal" = "t7"."id_value"
    ) AS "t19"
  ) AS "t23"
    ON "t11"."anonymous_id" = "t23"."_spelt1"
) AS "t24"
WHERE
  NOT CASE
    WHEN NOT "t24"."_spelt0" IS NULL
    THEN "t24"."_owner0"
    WHEN NOT "t24"."_spelt1" IS NULL
    THEN "t24"."_owner1"
    ELSE NULL
  END IS NULL
