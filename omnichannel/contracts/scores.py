"""What a score run holds and what becomes of it at the border: columns, bands, traits, manifest."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Model(StrEnum):
    """The propensity models."""

    CHURN = "churn"
    REPURCHASE = "repurchase"


class Band(StrEnum):
    """A score in words; cut-offs are in the run's manifest."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


SCORE_COLUMNS = ("customer_id", "score", "band", "decile", "reasons", "model_version", "as_of")
"""Columns of `part-*.parquet`: string, double 0..1, string, int 1..10 (10 = most likely), list of strings, string, date."""


@dataclass(frozen=True, kw_only=True)
class ScoreManifest:
    """The manifest of a score run, written after every part."""

    model: Model
    run: str
    as_of: str
    model_version: str
    published: str
    snapshot: str
    parts: list[str]
    rows: int
    cut_offs: dict[str, float]
    metrics: dict[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The manifest as plain JSON values."""
        return asdict(self)


class Trait(StrEnum):
    """The traits that Segment receives on `identify`, and the attributes of the messaging channel."""

    CHURN_PROPENSITY = "churn_propensity"
    CHURN_BAND = "churn_band"
    REPURCHASE_PROPENSITY = "repurchase_propensity"
    REPURCHASE_BAND = "repurchase_band"
    CUSTOMER_SEGMENT = "customer_segment"
    NEXT_BEST_ACTION = "next_best_action"
    RECOMMENDED_ITEMS = "recommended_items"
    PROPENSITY_AS_OF = "propensity_as_of"


COUNTED_TRAITS = tuple(t for t in Trait if t is not Trait.PROPENSITY_AS_OF)
"""The traits whose change causes a send; `propensity_as_of` travels with a change and never causes one."""

SCORE_DECIMALS = 3
"""Scores are rounded to this many decimals before they are compared and sent."""
