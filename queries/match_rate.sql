-- Of visitors and of store sales, how many belong to a known customer, by the links that hold now
WITH links AS (
    SELECT id_type, id_value, customer_id
    FROM identity_links
    WHERE valid_to IS NULL
),
visitors AS (
    SELECT DISTINCT trim(anonymous_id) AS anonymous_id
    FROM events
    WHERE anonymous_id IS NOT NULL
),
versions AS (
    SELECT
        order_id, op, channel, customer_ref,
        row_number() OVER (PARTITION BY order_id ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM orders_changes
),
sales AS (
    SELECT order_id, trim(customer_ref) AS customer_ref
    FROM versions
    WHERE newest = 1 AND (op IS NULL OR op <> 'D') AND channel = 'store'
)
SELECT 'online' AS world, count(*) AS seen, count(l.customer_id) AS matched,
       round(100.0 * count(l.customer_id) / nullif(count(*), 0), 1) AS percent
FROM visitors v
LEFT JOIN links l ON l.id_type = 'anonymous_id' AND l.id_value = v.anonymous_id
UNION ALL
SELECT 'stores', count(*), count(l.customer_id), round(100.0 * count(l.customer_id) / nullif(count(*), 0), 1)
FROM sales s
LEFT JOIN links l ON l.id_type = 'customer_ref' AND l.id_value = s.customer_ref
ORDER BY world
