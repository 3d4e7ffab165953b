"""What customers would buy again, each by their own rhythm; nobody's list depends on anybody else."""
# ruff: noqa: S608 - the queries are put together from our own words

from omnichannel.recommendations.learned.history import PURCHASE
from omnichannel.transform.lake import Lake

MOST_AGAIN, MOST_BOUGHT = 10, 10

# The rhythm is the mean time between days of purchase. Somebody is due when that time has passed since the last one: twice as long
# ago counts as half as long ago.
_AGAIN = f"""
CREATE OR REPLACE TABLE learned_again AS
WITH days AS (SELECT DISTINCT "user", item, moment // 86400 AS day FROM learned_actions WHERE event_type = '{PURCHASE}'),
rhythms AS (
    SELECT "user", item, count(*) AS times, (max(day) - min(day)) / (count(*) - 1) AS gap,
           greatest(epoch(getvariable('as_of')) / 86400 - max(day), 1) AS since
    FROM days GROUP BY "user", item HAVING count(*) >= 2
),
due AS (
    SELECT "user", item, round(ln(1 + times) * least(since / gap, gap / since), 9) AS score
    FROM rhythms JOIN learned_items USING (item) WHERE available = 'yes'
)
SELECT "user", list(item ORDER BY score DESC, item) AS again FROM (
    SELECT * FROM due QUALIFY row_number() OVER (PARTITION BY "user" ORDER BY score DESC, item) <= {MOST_AGAIN}
) GROUP BY "user"
"""
_BOUGHT = f"""
CREATE OR REPLACE TABLE learned_bought AS
SELECT "user", list(DISTINCT item ORDER BY item)[:{MOST_BOUGHT}] AS latest FROM (
    SELECT "user", item FROM learned_actions WHERE event_type = '{PURCHASE}'
    QUALIFY moment // 86400 = max(moment // 86400) OVER (PARTITION BY "user")
) GROUP BY "user"
"""


def make_again(lake: Lake) -> None:
    """Makes `learned_again(user, again)` and `learned_bought(user, latest)` of what `history.prepare` made: positions of products.

    `again` are products that can be bought, bought on two days or more, the one that is most due first; `latest` those of the
    customer's last day of purchase.
    """
    lake.connection.execute(_AGAIN)
    lake.connection.execute(_BOUGHT)
