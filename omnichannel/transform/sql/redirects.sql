SELECT
  "t9"."customer_id",
  "t9"."survivor"
FROM (
  SELECT
    "t8"."customer_id",
    "t8"."id_type",
    "t8"."id_value",
    "t8"."valid_from",
    "t8"."survivor",
    ROW_NUMBER() OVER (
      PARTITION BY "t8"."customer_id"
      ORDER BY CASE "t8"."id_type"
        WHEN 'customer_ref'
        THEN 0
        WHEN 'loyalty_card'
        THEN 1
        WHEN 'email_sha256'
        THEN 2
        WHEN 'phone_sha256'
        THEN 3
        WHEN 'segment_id'
        THEN 4
        WHEN 'anonymous_id'
        THEN 5
        WHEN 'device_id'
        THEN 6
        ELSE 7
      END ASC, "t8"."valid_from" ASC, "t8"."id_value" ASC, "t8"."survivor" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "first"
  FROM (
    SELECT
      "t5"."customer_id",
      "t5"."id_type",
      "t5"."id_value",
      "t5"."valid_from",
      "t7"."survivor"
    FROM (
      SELECT
        "t0"."customer_id",
        "t0"."id_type",
        "t0"."id_value",
        "t0"."valid_from"
      FROM "identity_links" AS "t0"
    ) AS "t5"
    ANTI JOIN (
      SELECT DISTINCT
        "t1"."customer_id"
      FROM "links_now" AS "t1"
    ) AS "t6"
      ON "t5"."customer_id" = "t6"."customer_id"
    INNER JOIN (
      SELECT
        "t1"."id_type",
        "t1"."id_value",
        "t1"."customer_id" AS "survivor"
      FROM "links_now" AS "t1"
    ) AS "t7"
      ON "t5"."id_type" = "t7"."id_type" AND "t5"."id_value" = "t7"."id_value"
  ) AS "t8"
) AS "t9"
WHERE
  "t9"."first" = 0
