"""The rules by which customers fall into segments, what segments are called, and what their runs and look-alikes' hold."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


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
    """The numbers behind the segments (`playbook/segments.yaml`); days are counted back from the moment that is asked about.

    `frequent`: at least `frequent_orders` completed orders within `frequent_days`; `occasional`: at least two ever; `one-time`: one.
    `new`: the first order at most `new_days` ago. Else by the last sign of life, an order or a visit: `active` up to
    `active_days`, `dormant` up to `dormant_days`, then `churned`. Without any completed order: `prospect`.
    """

    frequent_days: int
    frequent_orders: int
    new_days: int
    active_days: int
    dormant_days: int


class Rfm(StrEnum):
    """What recency, frequency and value say together of a customer, each ranked in fifths of the buyers."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL_LOYALISTS = "potential-loyalists"
    NEWCOMERS = "newcomers"
    NEED_ATTENTION = "need-attention"
    ABOUT_TO_SLEEP = "about-to-sleep"
    CANNOT_LOSE = "cannot-lose"
    AT_RISK = "at-risk"
    HIBERNATING = "hibernating"
    LOST = "lost"
    NONE = "none"


SEGMENT_COLUMNS = ("customer_id", "segment", "segment_name", "distance", "rfm", "rfm_cell", "lifecycle", "as_of")
"""Columns of a segments run's `part-*.parquet`: string, string, string, double (to the middle of the segment, in standard deviations),
one of `Rfm`, the fifths of recency, frequency and value as three digits (5 best, empty for who never bought), `Lifecycle`, date."""


@dataclass(frozen=True, kw_only=True)
class SegmentsManifest:
    """The manifest of a segments run, written after every part.

    `model` is what assigns: the scaled space and the segments with their middles; `choice` how their number was chosen; `matched`
    what became of the last run's segments; `moves` counts customers from one segment to another since `previous`. A `fallback` says
    by name and in words why no segments were found in this run's customers.
    """

    run: str
    as_of: str
    snapshot: str
    parts: list[str]
    rows: int
    digest: str
    fitted_as_of: str
    refitted: str
    model: dict[str, Any]
    choice: dict[str, Any]
    matched: dict[str, Any]
    sizes: dict[str, int]
    rfm: dict[str, int]
    lifecycle: dict[str, int]
    next_id: int
    previous: str | None = None
    moves: list[dict[str, Any]] = field(default_factory=list)
    fallback: dict[str, str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The manifest as plain JSON values."""
        return asdict(self)


AUDIENCE_COLUMNS = ("Email", "Phone")
"""Columns of `seed.csv.gz` and `audience.csv.gz`: SHA-256 in small hex digits of the address in small letters and of the number in E.164.

These are the headers and hashes of a Google Ads Customer Match file; Meta, TikTok and Amazon take the e-mail hash under their own header.
"""


@dataclass(frozen=True, kw_only=True)
class LookalikesManifest:
    """The manifest of a look-alikes run: sizes, whom they were made of, and how much likelier than others they are to buy.

    `quality` compares the models' scores of the expansion with those of everybody whom it was chosen from. `empty` says by name and
    in words why nobody is in the audience.
    """

    run: str
    as_of: str
    score_run: str
    model: str
    band: str
    seed: int
    expansion: int
    customers: int
    consented: int
    digest: str
    files: list[str]
    quality: dict[str, Any] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    empty: dict[str, str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The manifest as plain JSON values."""
        return asdict(self)


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
