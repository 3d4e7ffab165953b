-- Orders by channel and status as they stood at a moment; put another time in place of current_timestamp to look back
WITH versions AS (
    SELECT
        order_id, op, channel, status, total, currency,
        row_number() OVER (PARTITION BY order_id ORDER BY source_ts DESC, coalesce(_sequence, 0) DESC, _line DESC, _content_id DESC) AS newest
    FROM orders_changes
    WHERE source_ts < current_timestamp
)
SELECT channel, status, currency, count(*) AS orders, sum(total) AS total
FROM versions
WHERE newest = 1 AND (op IS NULL OR op <> 'D')
GROUP BY channel, status, currency
ORDER BY channel, status, currency
