"""What a decision chooses from: actions on channels, as `playbook/actions.yaml` says them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from omnichannel.playbook.conditions import Condition
from omnichannel.playbook.experiments import ExperimentsPlaybook
from omnichannel.playbook.hours import Hours


class Items(StrEnum):
    """What a message shows: what is recommended to the customer, what goes with what was bought, what is usually bought, the products of
    the live event itself (those of a cart that was left), or nothing."""

    RECOMMENDED = "recommended"
    COMPLEMENT = "complement"
    AGAIN = "again"
    EVENT = "event"
    NONE = "none"


class Worth(StrEnum):
    """Money that a value may be a multiple of: the customer's average order, or the price of the item that leads the message."""

    AVERAGE_ORDER = "average_order"
    ITEM_PRICE = "item_price"


class Outcome(StrEnum):
    """Whether an action's probability is a score's, or one minus it."""

    EVENT = "event"
    NOT_EVENT = "not_event"


@dataclass(frozen=True, kw_only=True)
class Cap:
    """At most so many messages within so many days."""

    days: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A way to a customer: the consent that it needs, when it is silent, how often it may be used."""

    name: str
    purpose: str
    quiet: Hours | None
    caps: tuple[Cap, ...]


@dataclass(frozen=True, kw_only=True)
class Probability:
    """`factor` times a model's score, or times one minus it."""

    model: str
    of: str = Outcome.EVENT.value
    factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Value:
    """Money: `times` what `of` says, or `times` alone where `of` is empty."""

    of: str
    times: float


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where an action may be used (`only`) or may not; the other one is empty. Who lives nobody knows where is in neither."""

    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def allows(self, place: str) -> bool:
        """Whether a known place is one of them."""
        return place in self.only if self.only else place not in self.never


@dataclass(frozen=True, kw_only=True)
class Window:
    """Days of the week (Monday is 0) and hours of the customer's day in which a message may go out."""

    days: frozenset[int]
    hours: Hours | None


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that may be said to a customer; `arm` is the arm of the campaign's experiment that it belongs to, if not to all."""

    name: str
    campaign: str
    channel: str
    message: str
    probability: Probability
    value: Value
    items: Items
    stock_floor: int
    arm: str = ""
    cost: float = 0.0
    weight: float = 1.0
    eligible: tuple[Condition, ...] = ()
    minimum_age: int = 0
    countries: Places | None = None
    regions: Places | None = None
    cool_down_days: int = 0
    window: Window | None = None
    suppressed_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Playbook:
    """All that decides: channels and actions in the file's order, the experiments, and the digest of every file of the playbook."""

    currency: str
    timezone: str
    exploration: float
    stock_floor: int
    caps: tuple[Cap, ...]
    channels: Mapping[str, Channel]
    actions: tuple[Action, ...]
    experiments: ExperimentsPlaybook
    told_segments: tuple[str, ...] = ()
    """Live segments that no trigger makes: whoever asks for a decision tells them."""
    digest: str = ""

    @property
    def campaigns(self) -> tuple[str, ...]:
        """The campaigns that actions belong to, each once."""
        return tuple(dict.fromkeys(action.campaign for action in self.actions))
