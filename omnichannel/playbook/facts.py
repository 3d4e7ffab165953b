"""What the playbook may ask about a customer: each fact's kind, where it lies on the customer's item, and what it can be."""

from dataclasses import dataclass
from enum import StrEnum

from omnichannel.contracts.scores import Band, Model
from omnichannel.contracts.segments import AGE_BANDS, OLDEST_BAND, Frequency, Lifecycle, Rfm


class Kind(StrEnum):
    """How a fact is compared: a number as it stands, days since or until a moment, a text, several names."""

    NUMBER = "number"
    SINCE = "since"
    UNTIL = "until"
    TEXT = "text"
    NAMES = "names"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """`path` leads to the value on a customer's item; a text without `values` may be any; numbers and days lie in `low` to `high`."""

    kind: Kind
    path: tuple[str, ...]
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 1e9


AGE_BAND_NAMES = (*(name for _, name in AGE_BANDS), OLDEST_BAND)
_COUNTS = ("orders", "returns", "subscriptions", "views", "carts", "wishes", "searches", "visits", "tickets")
_MESSAGES = ("delivered", "opened", "clicked")
_SINCE = {
    "days_since_order": ("aggregates", "last_order_at"),
    "days_since_first_order": ("aggregates", "first_order_at"),
    "days_since_return": ("aggregates", "last_return_at"),
    "days_since_seen": ("aggregates", "last_seen_at"),
    "days_since_ticket": ("aggregates", "last_ticket_at"),
    "days_known": ("profile", "since"),
}

EVENT, LIVE_SEGMENTS = "event", "live_segments"
"""What only a live decision knows: the event that it reacts to, and the live segments that the customer is in."""

FACTS: dict[str, Fact] = {
    "lifecycle": Fact(kind=Kind.TEXT, path=("segments", "lifecycle"), values=tuple(Lifecycle)),
    "frequency": Fact(kind=Kind.TEXT, path=("segments", "frequency"), values=tuple(Frequency)),
    "rfm": Fact(kind=Kind.TEXT, path=("customer_segments", "rfm", "name"), values=tuple(Rfm)),
    "segment": Fact(kind=Kind.TEXT, path=("customer_segments", "behaviour", "name")),
    "age_band": Fact(kind=Kind.TEXT, path=("profile", "age_band"), values=AGE_BAND_NAMES),
    "language": Fact(kind=Kind.TEXT, path=("profile", "language")),
    "country": Fact(kind=Kind.TEXT, path=("profile", "country")),
    "region": Fact(kind=Kind.TEXT, path=("profile", "region")),
    **{f"{model}_band": Fact(kind=Kind.TEXT, path=("scores", model, "band"), values=tuple(Band)) for model in Model},
    **{f"{model}_propensity": Fact(kind=Kind.NUMBER, path=("scores", model, "score"), high=1) for model in Model},
    **{f"{model}_decile": Fact(kind=Kind.NUMBER, path=("scores", model, "decile"), low=1, high=10) for model in Model},
    **{name: Fact(kind=Kind.NUMBER, path=("aggregates", name)) for name in _COUNTS},
    **{f"messages_{name}": Fact(kind=Kind.NUMBER, path=("aggregates", "messages", name)) for name in _MESSAGES},
    "discount_share": Fact(kind=Kind.NUMBER, path=("aggregates", "discount_share"), high=1),
    "average_csat": Fact(kind=Kind.NUMBER, path=("aggregates", "average_csat"), low=1, high=5),
    **{name: Fact(kind=Kind.SINCE, path=path, high=36_600) for name, path in _SINCE.items()},
    "renews_within_days": Fact(kind=Kind.UNTIL, path=("aggregates", "renews_at"), high=36_600),
    EVENT: Fact(kind=Kind.TEXT, path=(EVENT,)),
    LIVE_SEGMENTS: Fact(kind=Kind.NAMES, path=(LIVE_SEGMENTS,)),
}
"""By the name under which the playbook asks. Money is not here: it is a matter of value, in the playbook's currency.

`renews_within_days` counts from now to the next renewal; a renewal that has passed is unknown.
"""
