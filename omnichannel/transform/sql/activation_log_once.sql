SELECT
  "t4"."customer_id",
  "t4"."sink",
  "t4"."run",
  "t4"."status",
  "t4"."reason",
  "t4"."message_id",
  "t4"."campaign",
  "t4"."at",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."customer_id",
    "t3"."sink",
    "t3"."run",
    "t3"."status",
    "t3"."reason",
    "t3"."message_id",
    "t3"."campaign",
    "t3"."at",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."customer_id", "t3"."sink", "t3"."run", "t3"."at"
      ORDER BY "t3"."at" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "activation_log" AS "t0"
    WHERE
      "t0"."at" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
