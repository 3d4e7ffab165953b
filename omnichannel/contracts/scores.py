"""What a score run holds and what becomes of it at the border: columns, bands, traits, manifest."""

import hashlib
from collections.abc import Iterable
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
"""Columns of `part-*.parquet`: string, double 0..1, string, int 1..10 (10 = most likely), list of strings, string, date.

A reason is a feature's name behind its effect on this customer's score: `+recency_days` raises it, `-orders_90d` lowers it. The
strongest comes first; who was not explained has an empty list.
"""


def run_digest(parts: Iterable[str]) -> str:
    """What an approval is about: SHA-256 over the SHA-256 (64 hex digits) of each part, in the manifest's order."""
    return hashlib.sha256("".join(f"{part}\n" for part in parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ScoreManifest:
    """The manifest of a score run, written after every part.

    `rows_in` is how many customers were sent to scoring; `digest` is `run_digest` of the parts; `model_package` is the registered
    version that scored. `decile_starts` holds (decile, the lowest score in it), ascending; a decile that equal scores leave
    empty is absent. `features` is the prefix of what the customers were scored with.
    `drift`: `verdict`, `score_psi`, `worst_feature`, `worst_psi`, `drifted` (names), as `pipelines.drift` finds them.
    """

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
    model_package: str = ""
    rows_in: int = 0
    digest: str = ""
    decile_starts: list[tuple[int, float]] = field(default_factory=list)
    features: str = ""
    drift: dict[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The manifest as plain JSON values."""
        return asdict(self)


def activation_order(as_of: str, written_at: str, run: str) -> str:
    """Of two activation runs the later date is the greater; of one date the one whose newest scores were written later (ISO 8601, UTC)."""
    return f"{as_of}|{written_at}|{run}"


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


LIVE_SEGMENTS = "live_segments"
"""The trait that live events alone bring to Segment: the names of the live segments that hold, in the alphabet's order."""

NO_ACTION = "none"
"""`next_best_action` of who gets nothing: a sink keeps the last value of a trait that is left out."""

COUNTED_TRAITS = tuple(t for t in Trait if t is not Trait.PROPENSITY_AS_OF)
"""The traits whose change causes a send; `propensity_as_of` travels with a change and never causes one."""

SCORE_DECIMALS = 3
"""Scores are rounded to this many decimals before they are compared and sent."""
