SELECT DISTINCT
  *
FROM (
  SELECT
    "t5"."run",
    "t5"."campaign",
    COALESCE("t4"."survivor", "t5"."customer_id") AS "customer_id"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."run",
      COALESCE("t0"."campaign", '') AS "campaign"
    FROM "activation_log_once" AS "t0"
    WHERE
      "t0"."status" = 'delivered' AND "t0"."sink" IN ('pinpoint', 'connect', 'file')
  ) AS "t5"
  LEFT OUTER JOIN (
    SELECT
      "t1"."customer_id" AS "old",
      "t1"."survivor"
    FROM "redirects" AS "t1"
  ) AS "t4"
    ON "t5"."customer_id" = "t4"."old"
) AS "t6"
