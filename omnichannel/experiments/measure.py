"""What became of everyone in an experiment, arm by arm: counted over trusted tables from the day on which each customer was drawn.

Everybody who was drawn counts in their arm, whether or not anything reached them (intention to treat): what reached whom depends on the
treatment, and leaving anybody out for it would undo the draw. A customer counts once their window is over, so that no arm is seen longer.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from omnichannel.experiments.statistics import Sample, Share
from omnichannel.transform.lake import Lake

EXPOSURES = "exposures"
EXPOSURE_SCHEMA = pa.schema([("customer_id", pa.string()), ("arm", pa.string()), ("since", pa.timestamp("us", tz="UTC"))])
"""Who was drawn into which arm, and the moment from which outcomes count; one row a customer."""

_READS = ("orders_of_customers", "messages_said", "subscriptions", "links_now", "redirects")

# A customer who was merged since counts as who they are now; of two whom the draw put into different arms nobody can say anything.
_PEOPLE = f"""
CREATE OR REPLACE TEMP TABLE drawn AS
WITH now AS (
    SELECT coalesce(r.survivor, e.customer_id) AS customer_id, e.arm, e.since FROM {EXPOSURES} e LEFT JOIN redirects r USING (customer_id)
)
SELECT customer_id, any_value(arm) AS arm, min(since) AS since, min(since) + to_days($days) <= (SELECT as_of FROM clock) AS over
FROM now GROUP BY customer_id HAVING count(DISTINCT arm) = 1
"""  # noqa: S608 - our own names
_BOUGHT = """
SELECT d.customer_id, count(o.order_id) AS orders, coalesce(sum(o.total), 0)::DOUBLE AS spent
FROM drawn d LEFT JOIN orders_of_customers o ON o.customer_id = d.customer_id AND o.status = 'completed' AND o.currency = $currency
    AND o.ordered_at >= d.since AND o.ordered_at < d.since + to_days($days)
WHERE d.over GROUP BY d.customer_id
"""
_ENGAGED = """
SELECT DISTINCT d.customer_id FROM drawn d JOIN messages_said f USING (customer_id)
WHERE d.over AND f.type IN ('open', 'click') AND f."at" >= d.since AND f."at" < d.since + to_days($days)
"""
# Left: everything that renewed or ran when the customer was drawn had ended when the window was over.
_STAYED = """
SELECT d.customer_id, bool_or(s.ends_at IS NULL OR s.ends_at >= d.since + to_days($days)) AS stayed
FROM drawn d JOIN links_now l ON l.customer_id = d.customer_id AND l.id_type = 'customer_ref'
JOIN subscriptions s ON s.customer_ref = l.id_value
WHERE d.over AND s.started_at < d.since AND (s.ends_at IS NULL OR s.ends_at >= d.since) GROUP BY d.customer_id
"""
_ARMS = f"""
WITH bought AS ({_BOUGHT}), engaged AS ({_ENGAGED}), kept AS ({_STAYED})
SELECT d.arm, count(*) AS drawn, count(*) FILTER (WHERE d.over) AS customers,
    count(*) FILTER (WHERE b.orders > 0) AS buyers, coalesce(sum(b.orders), 0)::BIGINT AS orders,
    coalesce(sum(b.spent), 0) AS spent, coalesce(sum(b.spent * b.spent), 0) AS spent_squares,
    count(e.customer_id) AS engaged, count(k.customer_id) AS subscribers, count(*) FILTER (WHERE k.stayed) AS stayed
FROM drawn d LEFT JOIN bought b USING (customer_id) LEFT JOIN engaged e USING (customer_id) LEFT JOIN kept k USING (customer_id)
GROUP BY d.arm ORDER BY d.arm
"""  # noqa: S608 - our own words


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm's outcomes. `drawn` is everybody in it, `customers` those whose window is over, whom all other numbers are about.

    `spent` is in the experiment's currency; `subscribers` are those who had a subscription when they were drawn.
    """

    arm: str
    drawn: int
    customers: int
    buyers: int
    orders: int
    spent: float
    spent_squares: float
    engaged: int
    subscribers: int
    stayed: int

    @property
    def conversion(self) -> Share:
        """Customers who bought at least once."""
        return Share(self.buyers, self.customers)

    @property
    def order_value(self) -> Sample:
        """Money a customer, nothing bought included."""
        return Sample(self.customers, self.spent, self.spent_squares, self.buyers)

    @property
    def engagement(self) -> Share:
        """Customers who opened a message or clicked in one."""
        return Share(self.engaged, self.customers)

    @property
    def retention(self) -> Share:
        """Subscribers who still were."""
        return Share(self.stayed, self.subscribers)


def arms(lake: Lake, exposures: pa.Table, *, window_days: int, currency: str) -> dict[str, Arm]:
    """Each arm's outcomes as of the lake's moment, by name. `exposures` has `EXPOSURE_SCHEMA`; merged customers count once."""
    lake.put(EXPOSURES, exposures.cast(EXPOSURE_SCHEMA))
    lake.build(*_READS)
    connection: Any = lake.connection
    connection.execute(_PEOPLE, {"days": window_days})
    found = connection.execute(_ARMS, {"days": window_days, "currency": currency})
    names = [column[0] for column in found.description]
    return {row[0]: Arm(**dict(zip(names, row, strict=True))) for row in found.fetchall()}
