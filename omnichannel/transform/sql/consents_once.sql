SELECT
  "t4"."consent_id",
  "t4"."customer_ref",
  "t4"."email",
  "t4"."anonymous_id",
  "t4"."purpose",
  "t4"."channel",
  "t4"."granted",
  "t4"."recorded_at",
  "t4"."source",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."consent_id",
    "t3"."customer_ref",
    "t3"."email",
    "t3"."anonymous_id",
    "t3"."purpose",
    "t3"."channel",
    "t3"."granted",
    "t3"."recorded_at",
    "t3"."source",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."consent_id"
      ORDER BY "t3"."recorded_at" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "consents" AS "t0"
    WHERE
      "t0"."recorded_at" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
