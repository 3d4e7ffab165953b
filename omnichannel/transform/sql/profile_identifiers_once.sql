SELECT
  "t4"."id",
  "t4"."segment_id",
  "t4"."external_id_type",
  "t4"."external_id_value",
  "t4"."timestamp",
  "t4"."received_at",
  "t4"."seq",
  "t4"."triggering_event_type",
  "t4"."triggering_event_id",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."id",
    "t3"."segment_id",
    "t3"."external_id_type",
    "t3"."external_id_value",
    "t3"."timestamp",
    "t3"."received_at",
    "t3"."seq",
    "t3"."triggering_event_type",
    "t3"."triggering_event_id",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."id"
      ORDER BY "t3"."timestamp" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "profile_identifiers" AS "t0"
    WHERE
      "t0"."timestamp" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
