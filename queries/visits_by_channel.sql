-- Visits, views, carts and orders of each day of the last thirty, by channel
SELECT
    CAST(date_trunc('day', "timestamp") AS date) AS day,
    coalesce(channel, 'unknown') AS channel,
    count(DISTINCT coalesce(user_id, anonymous_id)) AS people,
    count_if(event = 'Product Viewed') AS views,
    count_if(event = 'Product Added') AS added,
    count_if(event = 'Order Completed') AS orders
FROM events
WHERE "timestamp" >= date_add('day', -30, current_timestamp) AND "timestamp" < current_timestamp
GROUP BY CAST(date_trunc('day', "timestamp") AS date), coalesce(channel, 'unknown')
ORDER BY day, channel
