-- Data quality rules that were not met at the newest check, the furthest from their threshold first
WITH newest AS (
    SELECT max(at) AS at
    FROM quality_results
)
SELECT q.rule, q.kind, q.table_name, q.value, q.threshold, q.failed, q.checked
FROM quality_results q
JOIN newest n ON n.at = q.at
WHERE NOT q.passed
ORDER BY abs(q.threshold - q.value) DESC, q.rule
