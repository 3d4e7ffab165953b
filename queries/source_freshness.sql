-- The newest record of each trusted table that sources feed
SELECT 'events' AS trusted_table, max("timestamp") AS newest, count(*) AS records FROM events
UNION ALL SELECT 'customers_changes', max(source_ts), count(*) FROM customers_changes
UNION ALL SELECT 'orders_changes', max(source_ts), count(*) FROM orders_changes
UNION ALL SELECT 'order_lines_changes', max(source_ts), count(*) FROM order_lines_changes
UNION ALL SELECT 'returns_changes', max(source_ts), count(*) FROM returns_changes
UNION ALL SELECT 'subscriptions_changes', max(source_ts), count(*) FROM subscriptions_changes
UNION ALL SELECT 'products_changes', max(source_ts), count(*) FROM products_changes
UNION ALL SELECT 'stock_levels_changes', max(source_ts), count(*) FROM stock_levels_changes
UNION ALL SELECT 'tickets', max(opened_at), count(*) FROM tickets
UNION ALL SELECT 'consents', max(recorded_at), count(*) FROM consents
UNION ALL SELECT 'messaging_feedback', max(at), count(*) FROM messaging_feedback
ORDER BY trusted_table
