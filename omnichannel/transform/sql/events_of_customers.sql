SELECT
  "t22"."message_id",
  "t22"."type",
  "t22"."event",
  "t22"."user_id",
  "t22"."anonymous_id",
  "t22"."timestamp",
  "t22"."session_id",
  "t22"."product_id",
  "t22"."order_id",
  "t22"."products",
  CASE
    WHEN NOT "t22"."_normal0" IS NULL
    THEN "t22"."_owner0"
    WHEN NOT "t22"."_normal1" IS NULL
    THEN "t22"."_owner1"
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
    "t20"."_spelt0",
    "t20"."_normal0",
    "t20"."_owner0",
    "t21"."_spelt1",
    "t21"."_normal1",
    "t21"."_owner1"
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
      "t16"."spelt" AS "_spelt0",
      "t16"."normal" AS "_normal0",
      "t16"."owner" AS "_owner0"
    FROM (
      SELECT
        "t14"."spelt",
        "t14"."normal",
        "t6"."owner"
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
      ) AS "t14"
      LEFT OUTER JOIN (
        SELECT
          "t2"."id_value",
          "t2"."customer_id" AS "owner"
        FROM "links_now" AS "t2"
        WHERE
          "t2"."id_type" = 'customer_ref'
      ) AS "t6"
        ON "t14"."normal" = "t6"."id_value"
    ) AS "t16"
  ) AS "t20"
    ON "t11"."user_id" = "t20"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t17"."spelt" AS "_spelt1",
      "t17"."normal" AS "_normal1",
      "t17"."owner" AS "_owner1"
    FROM (
      SELECT
        "t15"."spelt",
        "t15"."normal",
        "t7"."owner"
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
      ) AS "t15"
      LEFT OUTER JOIN (
        SELECT
          "t2"."id_value",
          "t2"."customer_id" AS "owner"
        FROM "links_now" AS "t2"
        WHERE
          "t2"."id_type" = 'anonymous_id'
      ) AS "t7"
        ON "t15"."normal" = "t7"."id_value"
    ) AS "t17"
  ) AS "t21"
    ON "t11"."anonymous_id" = "t21"."_spelt1"
) AS "t22"
WHERE
  NOT CASE
    WHEN NOT "t22"."_normal0" IS NULL
    THEN "t22"."_owner0"
    WHEN NOT "t22"."_normal1" IS NULL
    THEN "t22"."_owner1"
    ELSE NULL
  END IS NULL
