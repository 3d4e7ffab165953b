SELECT
  "t4"."canonical_segment_id",
  "t4"."name",
  "t4"."value",
  "t4"."timestamp",
  "t4"."received_at",
  "t4"."seq",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."canonical_segment_id",
    "t3"."name",
    "t3"."value",
    "t3"."timestamp",
    "t3"."received_at",
    "t3"."seq",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."canonical_segment_id", "t3"."name", "t3"."timestamp"
      ORDER BY "t3"."timestamp" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "profile_traits" AS "t0"
    WHERE
      "t0"."timestamp" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
