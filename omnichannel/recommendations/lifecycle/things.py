"""What the life cycle is about, as plain values: what is wanted, what exists, and a step from one to the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from omnichannel.contracts.recommendations import Custom, Placement, Recommender


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A custom solution: whether it is made, has a campaign of at least so many requests a second, and when a version is not worse."""

    made: bool
    campaign: bool
    least_tps: int
    metric: str
    tolerance: float


@dataclass(frozen=True, kw_only=True)
class Email:
    """A batch of `items` for everybody who allows it; `filter` names a filter, or is empty."""

    made: bool
    items: int
    filter: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the playbook asks for. `filters` are expressions by name; `retrain` is EventBridge Scheduler's expression, in UTC;
    `placements` names the filter that the recommendations API sends along.
    """

    recommenders: tuple[Recommender, ...]
    solutions: Mapping[Custom, Trained]
    filters: Mapping[str, str]
    email: Email
    retrain: str
    placements: Mapping[Placement, str] = field(default_factory=dict)

    def trains(self) -> tuple[Custom, ...]:
        """The solutions that are made."""
        return tuple(name for name, each in self.solutions.items() if each.made)

    def serves(self, name: str) -> bool:
        """Whether the solution of that name has a campaign."""
        found = self.solutions.get(Custom(name)) if name in set(Custom) else None
        return found is not None and found.made and found.campaign


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that Personalize keeps: `name` is without the prefix, `status` Personalize's own word, `reason` why it failed."""

    name: str
    arn: str
    status: str
    created: datetime
    reason: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can be used."""
        return self.status == "ACTIVE"

    @property
    def failed(self) -> bool:
        """Whether making it came to a bad end."""
        return self.status in ("CREATE FAILED", "CREATE STOPPED")

    @property
    def going(self) -> bool:
        """Whether it is being deleted."""
        return self.status.startswith("DELETE")

    @property
    def coming(self) -> bool:
        """Whether it is being made, or changed."""
        return not (self.ready or self.failed or self.going or self.asleep)

    @property
    def asleep(self) -> bool:
        """Whether somebody stopped it: it bills nothing and answers nobody."""
        return self.status in ("INACTIVE", "STOP PENDING", "STOP IN_PROGRESS")


@dataclass(frozen=True, kw_only=True)
class Version(Thing):
    """A trained version of a solution, with its metrics as far as they were asked for."""

    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Solution(Thing):
    """`automatic` says that AWS trains it by itself; `versions` are the newest first."""

    automatic: bool
    versions: tuple[Version, ...] = ()

    def best(self) -> Version | None:
        """The newest version that can be used."""
        return next((each for each in self.versions if each.ready), None)

    def version(self, arn: str) -> Version | None:
        """The version of that ARN."""
        return next((each for each in self.versions if each.arn == arn), None)


@dataclass(frozen=True, kw_only=True)
class Campaign(Thing):
    """Serves `version` with at least so many requests a second; `update` is its latest change, whose `arn` is the version changed to."""

    version: str
    least_tps: int
    update: Thing | None = None


@dataclass(frozen=True, kw_only=True)
class Filter(Thing):
    """A filter and its expression."""

    expression: str


@dataclass(frozen=True, kw_only=True)
class Existing:
    """What there is in the dataset group of what this app makes, by name."""

    recommenders: Mapping[str, Thing] = field(default_factory=dict)
    solutions: Mapping[str, Solution] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)


class Verb(StrEnum):
    """What a step does. The last three do nothing: it is well, it is under way, it came to a bad end in this run."""

    CREATE = "create"
    UPDATE = "update"
    TRAIN = "train"
    SWITCH = "switch"
    DELETE = "delete"
    KEEP = "keep"
    WAIT = "wait"
    FAILED = "failed"


class Kind(StrEnum):
    """What a step is about."""

    RECOMMENDER = "recommender"
    SOLUTION = "solution"
    FILTER = "filter"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `arn` is the thing's, empty before it is made; `version` is the solution version that a campaign shall serve."""

    verb: Verb
    kind: Kind
    name: str
    why: str = ""
    arn: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.name}" + (f": {self.why}" if self.why else "")
