-- Of visitors and of store sales, how many belong to a known customer, by the links that hold now.
-- A sale is whose reference, loyalty card or e-mail address it names
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
        order_id, op, channel, customer_ref, loyalty_card, email,
        row_number() OVER (PARTITION BY order_id ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM orders_changes
),
sales AS (
    SELECT
        order_id, trim(customer_ref) AS customer_ref,
        upper(regexp_replace(loyalty_card, '[^0-9A-Za-z]', '')) AS loyalty_card,
        lower(to_hex(sha256(to_utf8(lower(trim(email)))))) AS email_sha256
    FROM versions
    WHERE newest = 1 AND (op IS NULL OR op <> 'D') AND channel = 'store'
),
matched AS (
    SELECT s.order_id FROM sales s JOIN links l ON l.id_type = 'customer_ref' AND l.id_value = s.customer_ref
    UNION SELECT s.order_id FROM sales s JOIN links l ON l.id_type = 'loyalty_card' AND l.id_value = s.loyalty_card
    UNION SELECT s.order_id FROM sales s JOIN links l ON l.id_type = 'email_sha256' AND l.id_value = s.email_sha256
)
SELECT 'online' AS world, count(*) AS seen, count(l.customer_id) AS matched,
       round(100.0 * count(l.customer_id) / nullif(count(*), 0), 1) AS percent
FROM visitors v
LEFT JOIN links l ON l.id_type = 'anonymous_id' AND l.id_value = v.anonymous_id
UNION ALL
SELECT 'stores', count(*), count(m.order_id), round(100.0 * count(m.order_id) / nullif(count(*), 0), 1)
FROM sales s
LEFT JOIN matched m ON m.order_id = s.order_id
ORDER BY world
