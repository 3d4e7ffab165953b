-- The last five tries to reach each customer, and what became of them; add a customer's id to see one
WITH tries AS (
    SELECT DISTINCT customer_id, run, sink, status, reason, "at" FROM activation_log
),
decided AS (
    SELECT DISTINCT customer_id, run, campaign, action, channel FROM decisions
),
newest AS (
    SELECT
        t.customer_id, t."at", t.sink, t.run, d.campaign, d.action, d.channel, t.status, t.reason,
        row_number() OVER (PARTITION BY t.customer_id ORDER BY t."at" DESC, t.sink, t.status) AS place
    FROM tries AS t
    LEFT JOIN decided AS d ON d.customer_id = t.customer_id AND d.run = t.run
)
SELECT customer_id, "at", sink, run, campaign, action, channel, status, coalesce(reason, '') AS why
FROM newest
WHERE place <= 5
ORDER BY customer_id, place
