-- What became of every customer at every sink, by activation run and reason
SELECT flow, run, sink, status, coalesce(reason, '') AS why, count(*) AS customers, count(DISTINCT customer_id) AS different
FROM ledger_rows
WHERE status IS NOT NULL
GROUP BY flow, run, sink, status, coalesce(reason, '')
ORDER BY flow, run, sink, status, why
