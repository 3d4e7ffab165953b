SELECT
  "t9"."customer_id",
  "t9"."campaign",
  "t9"."run",
  "t9"."action",
  "t9"."channel",
  "t9"."at" AS "decided_at",
  CASE "t9"."campaign"
    WHEN 'cart'
    THEN "t9"."at" + INTERVAL '7' DAY
    WHEN 'complement'
    THEN "t9"."at" + INTERVAL '14' DAY
    WHEN 'look-alike'
    THEN "t9"."at" + INTERVAL '28' DAY
    WHEN 'renewal'
    THEN "t9"."at" + INTERVAL '90' DAY
    WHEN 'replenish'
    THEN "t9"."at" + INTERVAL '28' DAY
    WHEN 'welcome'
    THEN "t9"."at" + INTERVAL '28' DAY
    WHEN 'win-back'
    THEN "t9"."at" + INTERVAL '28' DAY
    ELSE "t9"."at" + INTERVAL '28' DAY
  END AS "ends_at"
FROM (
  SELECT
    "t8"."customer_id",
    "t8"."campaign",
    "t8"."run",
    "t8"."action",
    "t8"."channel",
    "t8"."at",
    ROW_NUMBER() OVER (
      PARTITION BY "t8"."customer_id", "t8"."campaign", "t8"."run"
      ORDER BY "t8"."at" ASC, "t8"."action" ASC, "t8"."channel" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "first"
  FROM (
    SELECT
      "t7".*
      EXCLUDE ("old", "survivor")
    FROM (
      SELECT
        COALESCE("t6"."survivor", "t6"."customer_id") AS "customer_id",
        "t6"."campaign",
        "t6"."run",
        "t6"."action",
        "t6"."channel",
        "t6"."at",
        "t6"."old",
        "t6"."survivor"
      FROM (
        SELECT
          "t5"."customer_id",
          "t5"."campaign",
          "t5"."run",
          "t5"."action",
          "t5"."channel",
          "t5"."at",
          "t4"."old",
          "t4"."survivor"
        FROM (
          SELECT
            "t0"."customer_id",
            "t0"."campaign",
            "t0"."run",
            "t0"."action",
            "t0"."channel",
            "t0"."at"
          FROM "decisions_once" AS "t0"
          WHERE
            NOT "t0"."campaign" IS NULL
        ) AS "t5"
        LEFT OUTER JOIN (
          SELECT
            "t1"."customer_id" AS "old",
            "t1"."survivor"
          FROM "redirects" AS "t1"
        ) AS "t4"
          ON "t5"."customer_id" = "t4"."old"
      ) AS "t6"
    ) AS "t7"
  ) AS "t8"
) AS "t9"
WHERE
  "t9"."first" = 0
