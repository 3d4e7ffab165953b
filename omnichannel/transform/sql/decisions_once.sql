SELECT
  "t4"."customer_id",
  "t4"."run",
  "t4"."as_of",
  "t4"."at",
  "t4"."action",
  "t4"."campaign",
  "t4"."channel",
  "t4"."p",
  "t4"."value",
  "t4"."score",
  "t4"."explored",
  "t4"."not_before",
  "t4"."items",
  "t4"."runner_up",
  "t4"."runner_up_score",
  "t4"."refused",
  "t4"."arms",
  "t4"."playbook",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."customer_id",
    "t3"."run",
    "t3"."as_of",
    "t3"."at",
    "t3"."action",
    "t3"."campaign",
    "t3"."channel",
    "t3"."p",
    "t3"."value",
    "t3"."score",
    "t3"."explored",
    "t3"."not_before",
    "t3"."items",
    "t3"."runner_up",
    "t3"."runner_up_score",
    "t3"."refused",
    "t3"."arms",
    "t3"."playbook",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."customer_id", "t3"."run", "t3"."at"
      ORDER BY "t3"."at" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "decisions" AS "t0"
    WHERE
      "t0"."at" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
