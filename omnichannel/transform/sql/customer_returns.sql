WITH "t17" AS (
  SELECT
    "t11"."return_id",
    "t11"."order_id",
    "t11"."customer_ref",
    "t11"."returned_at",
    "t16"."_spelt0",
    "t16"."_normal0",
    "t16"."_owner0"
  FROM (
    SELECT
      "t0"."return_id",
      "t0"."order_id",
      "t0"."customer_ref",
      "t0"."returned_at"
    FROM "returns" AS "t0"
    WHERE
      "t0"."returned_at" < GETVARIABLE('as_of')
  ) AS "t11"
  LEFT OUTER JOIN (
    SELECT
      "t14"."spelt" AS "_spelt0",
      "t14"."normal" AS "_normal0",
      "t14"."owner" AS "_owner0"
    FROM (
      SELECT
        "t13"."spelt",
        "t13"."normal",
        "t8"."owner"
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
            "t0"."customer_ref" AS "spelt"
          FROM "returns" AS "t0"
          WHERE
            "t0"."returned_at" < GETVARIABLE('as_of')
        ) AS "t10"
      ) AS "t13"
      LEFT OUTER JOIN (
        SELECT
          "t3"."id_value",
          "t3"."customer_id" AS "owner"
        FROM "links_now" AS "t3"
        WHERE
          "t3"."id_type" = 'customer_ref'
      ) AS "t8"
        ON "t13"."normal" = "t8"."id_value"
    ) AS "t14"
  ) AS "t16"
    ON "t11"."customer_ref" = "t16"."_spelt0"
)
SELECT
  "t23"."customer_id",
  COUNT(*) AS "returns",
  MAX("t23"."returned_at") AS "last_return_at"
FROM (
  SELECT
    *
  FROM (
    SELECT
      CASE WHEN NOT "t18"."_owner0" IS NULL THEN "t18"."_owner0" ELSE NULL END AS "customer_id",
      "t18"."returned_at"
    FROM "t17" AS "t18"
    WHERE
      NOT CASE WHEN NOT "t18"."_owner0" IS NULL THEN "t18"."_owner0" ELSE NULL END IS NULL
  ) AS "t19"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t6"."customer_id",
      "t11"."returned_at"
    FROM (
      SELECT
        "t0"."return_id",
        "t0"."order_id",
        "t0"."customer_ref",
        "t0"."returned_at"
      FROM "returns" AS "t0"
      WHERE
        "t0"."returned_at" < GETVARIABLE('as_of')
    ) AS "t11"
    ANTI JOIN (
      SELECT
        "t18"."return_id",
        "t18"."order_id",
        "t18"."customer_ref",
        "t18"."returned_at",
        CASE WHEN NOT "t18"."_owner0" IS NULL THEN "t18"."_owner0" ELSE NULL END AS "customer_id"
      FROM "t17" AS "t18"
      WHERE
        NOT CASE WHEN NOT "t18"."_owner0" IS NULL THEN "t18"."_owner0" ELSE NULL END IS NULL
    ) AS "t21"
      ON "t11"."return_id" = "t21"."return_id"
    INNER JOIN (
      SELECT
        "t1"."order_id",
        "t1"."customer_id"
      FROM "orders_of_customers" AS "t1"
    ) AS "t6"
      ON "t11"."order_id" = "t6"."order_id"
  ) AS "t22"
) AS "t23"
GROUP BY
  1
