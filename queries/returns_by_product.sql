-- Products that come back most: units sold in completed orders, units returned and a reason that was given
WITH orders AS (
    SELECT
        order_id, op, status,
        row_number() OVER (PARTITION BY order_id ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM orders_changes
),
lines AS (
    SELECT
        order_id, product_id, op, quantity,
        row_number() OVER (PARTITION BY order_id, line ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM order_lines_changes
),
sold AS (
    SELECT l.product_id, sum(l.quantity) AS units
    FROM lines l
    JOIN orders o ON o.order_id = l.order_id AND o.newest = 1 AND (o.op IS NULL OR o.op <> 'D') AND o.status = 'completed'
    WHERE l.newest = 1 AND (l.op IS NULL OR l.op <> 'D')
    GROUP BY l.product_id
),
backs AS (
    SELECT
        product_id, op, quantity, reason,
        row_number() OVER (PARTITION BY return_id ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM returns_changes
),
returned AS (
    SELECT product_id, sum(quantity) AS units, max_by(reason, quantity) AS a_reason
    FROM backs
    WHERE newest = 1 AND (op IS NULL OR op <> 'D')
    GROUP BY product_id
)
SELECT s.product_id, s.units AS sold, coalesce(r.units, 0) AS returned,
       round(100.0 * coalesce(r.units, 0) / s.units, 1) AS percent, r.a_reason
FROM sold s
LEFT JOIN returned r ON r.product_id = s.product_id
WHERE s.units >= 10
ORDER BY percent DESC, s.product_id
LIMIT 50
