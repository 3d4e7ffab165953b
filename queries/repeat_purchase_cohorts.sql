-- Of customers by the month of their first order, how many ordered again within 30, 90 and 180 days
WITH versions AS (
    SELECT
        order_id, op, status, customer_ref, ordered_at,
        row_number() OVER (PARTITION BY order_id ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM orders_changes
),
bought AS (
    SELECT customer_ref, ordered_at, row_number() OVER (PARTITION BY customer_ref ORDER BY ordered_at, order_id) AS place
    FROM versions
    WHERE newest = 1 AND (op IS NULL OR op <> 'D') AND status = 'completed' AND customer_ref IS NOT NULL
),
pairs AS (
    SELECT a.customer_ref, a.ordered_at AS first_at, b.ordered_at AS second_at
    FROM bought a
    LEFT JOIN bought b ON b.customer_ref = a.customer_ref AND b.place = 2
    WHERE a.place = 1
)
SELECT
    CAST(date_trunc('month', first_at) AS date) AS cohort,
    count(*) AS customers,
    count_if(second_at < date_add('day', 30, first_at)) AS again_in_30_days,
    count_if(second_at < date_add('day', 90, first_at)) AS again_in_90_days,
    count_if(second_at < date_add('day', 180, first_at)) AS again_in_180_days
FROM pairs
GROUP BY CAST(date_trunc('month', first_at) AS date)
ORDER BY cohort
