WITH "last_changes" AS (
  SELECT
    "t2"."op",
    "t2"."source_ts",
    "t2"."subscription_id",
    "t2"."customer_ref",
    "t2"."plan",
    "t2"."started_at",
    "t2"."renews_at",
    "t2"."ends_at",
    "t2"."status",
    "t2"."price",
    "t2"."currency",
    "t2"."_content_id",
    "t2"."_line",
    "t2"."_sequence"
  FROM "subscriptions_changes" AS "t2"
  SEMI JOIN (
    SELECT
      "t4"."subscription_id",
      MAX("t4"."source_ts") AS "source_ts"
    FROM (
      SELECT
        *
      FROM "subscriptions_changes" AS "t0"
      WHERE
        "t0"."source_ts" < GETVARIABLE('as_of')
    ) AS "t4"
    GROUP BY
      1
  ) AS "t6"
    ON "t2"."subscription_id" = "t6"."subscription_id"
    AND "t2"."source_ts" = "t6"."source_ts"
), "tied_keys" AS (
  SELECT
    *
  FROM (
    SELECT
      "t8"."subscription_id",
      COUNT(*) AS "_times"
    FROM "last_changes" AS "t8"
    GROUP BY
      1
  ) AS "t10"
  WHERE
    "t10"."_times" > 1
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t9"."op",
      "t9"."source_ts",
      "t9"."subscription_id",
      "t9"."customer_ref",
      "t9"."plan",
      "t9"."started_at",
      "t9"."renews_at",
      "t9"."ends_at",
      "t9"."status",
      "t9"."price",
      "t9"."currency",
      "t9"."_content_id",
      "t9"."_line",
      "t9"."_sequence"
    FROM "last_changes" AS "t9"
    ANTI JOIN "tied_keys" AS "t13"
      ON "t9"."subscription_id" = "t13"."subscription_id"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t16"."op",
      "t16"."source_ts",
      "t16"."subscription_id",
      "t16"."customer_ref",
      "t16"."plan",
      "t16"."started_at",
      "t16"."renews_at",
      "t16"."ends_at",
      "t16"."status",
      "t16"."price",
      "t16"."currency",
      "t16"."_content_id",
      "t16"."_line",
      "t16"."_sequence"
    FROM (
      SELECT
        "t15"."op",
        "t15"."source_ts",
        "t15"."subscription_id",
        "t15"."customer_ref",
        "t15"."plan",
        "t15"."started_at",
        "t15"."renews_at",
        "t15"."ends_at",
        "t15"."status",
        "t15"."price",
        "t15"."currency",
        "t15"."_content_id",
        "t15"."_line",
        "t15"."_sequence",
        ROW_NUMBER() OVER (
          PARTITION BY "t15"."subscription_id"
          ORDER BY COALESCE("t15"."_sequence", 0) DESC, "t15"."_line" DESC, "t15"."_content_id" DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "_rank"
      FROM (
        SELECT
          "t9"."op",
          "t9"."source_ts",
          "t9"."subscription_id",
          "t9"."customer_ref",
          "t9"."plan",
          "t9"."started_at",
          "t9"."renews_at",
          "t9"."ends_at",
          "t9"."status",
          "t9"."price",
          "t9"."currency",
          "t9"."_content_id",
          "t9"."_line",
          "t9"."_sequence"
        FROM "last_changes" AS "t9"
        SEMI JOIN "tied_keys" AS "t13"
          ON "t9"."subscription_id" = "t13"."subscription_id"
      ) AS "t15"
    ) AS "t16"
    WHERE
      "t16"."_rank" = 0
  ) AS "t17"
) AS "t18"
WHERE
  (
    "t18"."op" IS NULL
  ) OR (
    "t18"."op" <> 'D'
  )
