-- Customers by lifecycle and frequency: how many, what they order and return, and how many can be reached
SELECT
    lifecycle, frequency,
    count(*) AS customers,
    round(avg(orders), 2) AS mean_orders,
    round(avg(returns), 2) AS mean_returns,
    round(avg(discount_share), 3) AS mean_discount_share,
    count_if(NOT without_address AND NOT address_bounced) AS reachable
FROM customer_view
GROUP BY lifecycle, frequency
ORDER BY customers DESC, lifecycle, frequency
