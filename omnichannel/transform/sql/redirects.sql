SELECT
  "t10"."customer_id",
  "t10"."survivor"
FROM (
  SELECT
    "t9"."customer_id",
    "t9"."survivor",
    "t9"."identifiers",
    ROW_NUMBER() OVER (
      PARTITION BY "t9"."customer_id"
      ORDER BY "t9"."identifiers" DESC, "t9"."survivor" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "first"
  FROM (
    SELECT
      "t8"."customer_id",
      "t8"."survivor",
      COUNT(*) AS "identifiers"
    FROM (
      SELECT
        "t5"."customer_id",
        "t5"."id_type",
        "t5"."id_value",
        "t7"."survivor"
      FROM (
        SELECT DISTINCT
          "t0"."customer_id",
          "t0"."id_type",
          "t0"."id_value"
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
    GROUP BY
      1,
      2
  ) AS "t9"
) AS "t10"
WHERE
  "t10"."first" = 0
