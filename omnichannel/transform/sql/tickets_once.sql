SELECT
  "t4"."ticket_id",
  "t4"."customer_ref",
  "t4"."email",
  "t4"."opened_at",
  "t4"."closed_at",
  "t4"."channel",
  "t4"."csat",
  "t4"."topic",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."ticket_id",
    "t3"."customer_ref",
    "t3"."email",
    "t3"."opened_at",
    "t3"."closed_at",
    "t3"."channel",
    "t3"."csat",
    "t3"."topic",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."ticket_id"
      ORDER BY "t3"."opened_at" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "tickets" AS "t0"
    WHERE
      "t0"."opened_at" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
