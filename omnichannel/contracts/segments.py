"""The rules by which customers fall into segments, and what the customer view calls them."""

from dataclasses import dataclass
from enum import StrEnum


class Frequency(StrEnum):
    """How often somebody buys."""

    FREQUENT = "frequent"
    OCCASIONAL = "occasional"
    ONE_TIME = "one-time"
    NONE = "none"


class Lifecycle(StrEnum):
    """Where somebody stands between the first purchase and the last."""

    PROSPECT = "prospect"
    NEW = "new"
    ACTIVE = "active"
    DORMANT = "dormant"
    CHURNED = "churned"


@dataclass(frozen=True, kw_only=True)
class SegmentRules:
    """The numbers behind the segments; days are counted back from the moment of the rebuild.

    `frequent`: at least `frequent_orders` completed orders within `frequent_days`; `occasional`: at least two ever; `one-time`: one.
    `new`: the first order at most `new_days` ago. Else by the last sign of life, an order or a visit: `active` up to
    `active_days`, `dormant` up to `dormant_days`, then `churned`. Without any completed order: `prospect`.
    """

    frequent_days: int = 365
    frequent_orders: int = 4
    new_days: int = 60
    active_days: int = 120
    dormant_days: int = 365


SEGMENT_RULES = SegmentRules()

AGE_BANDS = ((18, "under-18"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))
"""Upper bound in years (exclusive) and name; older ones are `OLDEST_BAND`."""
OLDEST_BAND = "65-plus"


@dataclass(frozen=True, kw_only=True)
class InterestRules:
    """Weights of what somebody did with a product, and the days after which it counts half; at most so many categories are kept."""

    viewed: int = 1
    added: int = 3
    bought: int = 5
    half_life_days: int = 30
    days: int = 365
    kept: int = 5


INTEREST_RULES = InterestRules()
