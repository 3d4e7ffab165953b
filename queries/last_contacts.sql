-- The last five tries to reach each customer, and what became of them; add a customer's id to see one
WITH tries AS (
    SELECT DISTINCT customer_id, run, sink, status, reason, "at" FROM activation_log
),
decided AS (
    SELECT DISTINCT customer_id, run, campaign, action, channel, "at" AS decided_at FROM decisions
),
-- A live run is a day and may decide several times for a customer: a try is of the decision before it (the log has whole seconds)
told AS (
    SELECT
        t.customer_id, t."at", t.sink, t.run, d.campaign, d.action, d.channel, t.status, t.reason,
        row_number() OVER (
            PARTITION BY t.customer_id, t.run, t.sink, t.status, t.reason, t."at"
            ORDER BY (CASE WHEN d.action IS NULL THEN 1 ELSE 0 END), d.decided_at DESC
        ) AS before
    FROM tries AS t
    LEFT JOIN decided AS d ON d.customer_id = t.customer_id AND d.run = t.run AND date_trunc('second', d.decided_at) <= t."at"
),
newest AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY "at" DESC, sink, status) AS place FROM told WHERE before = 1
)
SELECT customer_id, "at", sink, run, campaign, action, channel, status, coalesce(reason, '') AS why
FROM newest
WHERE place <= 5
ORDER BY customer_id, place
