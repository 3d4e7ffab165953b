"""List prices of AWS services, for estimates alone: US dollars, us-east-1, free tiers and discounts left out.

`confirmed` prices stand in the price files that AWS publishes, as of `AS_OF`. The others are the usual figures of
2026 that we found in no price file: whoever shows one says so (`Price.mark`).
"""

from dataclasses import dataclass

REGION = "us-east-1"
AS_OF = "2026-08"
"""The month of the price files."""
HOURS_PER_MONTH = 730
DAYS_PER_MONTH = 30
WEEKS_PER_MONTH = DAYS_PER_MONTH / 7


@dataclass(frozen=True)
class Price:
    """`usd` for `per` units: `Price(0.40, 1_000_000, "requests")` is 40 cents for a million."""

    usd: float
    per: float
    unit: str
    confirmed: bool = True

    def of(self, amount: float) -> float:
        """US dollars for so many units."""
        return self.usd * amount / self.per

    @property
    def mark(self) -> str:
        """What is shown behind a figure that rests on this price: nothing, or a question mark."""
        return "" if self.confirmed else "?"


def _unconfirmed(usd: float, per: float, unit: str) -> Price:
    return Price(usd, per, unit, confirmed=False)


MILLION = 1_000_000

LAMBDA_REQUESTS = Price(0.20, MILLION, "requests")
LAMBDA_SECONDS = {"arm64": Price(1.33334e-5, 1, "GB-seconds"), "x86_64": Price(1.66667e-5, 1, "GB-seconds")}
"""By architecture."""
QUEUE_REQUESTS = Price(0.40, MILLION, "requests of up to 64 KB")
"""Of a standard queue: sending, receiving and deleting are a request each, for up to ten messages."""
TABLE_WRITES = Price(0.625, MILLION, "write request units")
"""On demand: 1 KB each."""
TABLE_READS = Price(0.125, MILLION, "read request units")
"""On demand: 4 KB each, half of it where an eventually consistent read is enough."""
TABLE_STORAGE = Price(0.25, 1, "GB-months")
TABLE_RECOVERY = Price(0.20, 1, "GB-months")
"""Point-in-time recovery, on top of the storage."""
HTTP_REQUESTS = Price(1.00, MILLION, "requests of up to 512 KB")
"""HTTP APIs of API Gateway."""
BUS_EVENTS = Price(1.00, MILLION, "events of up to 64 KB")
"""EventBridge: events that we or a partner put; what a rule hands on to a target is free."""
BUS_ARCHIVE = Price(0.10, 1, "GB")
SECRETS = Price(0.40, 1, "secret-months")
KEYS = Price(1.00, 1, "key-months")
LOGS = Price(0.50, 1, "GB")
ALARMS = _unconfirmed(0.10, 1, "alarm-months")
DASHBOARDS = _unconfirmed(3.00, 1, "dashboard-months")
OBJECT_STORAGE = _unconfirmed(0.023, 1, "GB-months")
WEB_ACLS = Price(5.00, 1, "web-ACL-months")
WEB_RULES = Price(1.00, 1, "rule-months")
WEB_REQUESTS = Price(0.60, MILLION, "requests")
EDGE_REQUESTS = _unconfirmed(1.00, MILLION, "HTTPS requests")
"""CloudFront, at the edges of North America."""
STREAMS_ON_DEMAND = Price(29.20, 1, "stream-months")
"""Kinesis with capacity on demand."""
REPLICATION_HOURS = _unconfirmed(0.10, 1, "capacity-unit-hours")
"""DMS serverless, which goes on billing for two days after it has been stopped."""
INSTANCE_HOURS = {
    "ml.m5.large": _unconfirmed(0.115, 1, "instance-hours"),
    "ml.m5.xlarge": _unconfirmed(0.23, 1, "instance-hours"),
    "ml.m5.2xlarge": _unconfirmed(0.461, 1, "instance-hours"),
}
"""SageMaker's processing, training and batch transform, by instance type."""

PERSONALIZE_INGESTION = _unconfirmed(0.05, 1, "GB")
"""Files and live events alike."""
PERSONALIZE_TRAINING = _unconfirmed(0.002, 1_000, "interactions trained on")
"""Of the recipes of the second version; older ones are billed by the training hour."""
PERSONALIZE_TRAINING_HOURS = _unconfirmed(0.24, 1, "training hours")
"""Of the recipes before the second version."""
PERSONALIZE_REQUESTS = _unconfirmed(0.15, 1_000, "recommendation requests")
"""Real time, of the recipes of the second version. Recommenders of a domain are billed by hour, users and requests: taken alike."""
PERSONALIZE_REQUEST_HOURS = _unconfirmed(0.20, 1, "request-per-second-hours")
"""Real time, of the recipes before the second version, up to 20,000 of these hours a month."""
PERSONALIZE_LEAST_PER_SECOND = 1
"""Requests a second that an active campaign or recommender is billed for at least (`minProvisionedTPS`,
`minRecommendationRequestsPerSecond`): the larger of these and of what was asked."""
