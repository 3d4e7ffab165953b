"""What is decided for a customer: the next best action, what it was chosen over, and the rules that refused the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

NEXT_ACTION = "next_action"
"""The attribute of a customer's item that holds the newest live decision, without `customer_id` and `refused`."""


class Goal(StrEnum):
    """What a campaign is for: one of the business goals."""

    NEW_CUSTOMERS = "new-high-propensity-customers"
    ORDER_VALUE = "order-value"
    WIN_BACK = "win-back"


class Rule(StrEnum):
    """Why an action is not allowed for a customer."""

    HOLDOUT = "holdout"
    CONTROL_GROUP = "control-group"
    NO_CONSENT = "no-consent"
    NO_ADDRESS = "no-address"
    SUPPRESSED = "suppressed"
    NOT_ELIGIBLE = "not-eligible"
    UNDER_AGE = "under-age"
    REGION = "region"
    LOW_STOCK = "low-stock"
    FREQUENCY_CAP = "frequency-cap"
    COOL_DOWN = "cool-down"
    QUIET_HOURS = "quiet-hours"
    OUTSIDE_WINDOW = "outside-window"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The next best action of one customer at one moment. Without an allowed action, `action` and what belongs to it are empty.

    `p` is the probability (0..1) and `value` the worth (in the playbook's currency) that made `score` = p x value x weight; `explored`
    says that chance chose it, `not_before` (ISO 8601 UTC) when quiet hours end. `items` are the products that the message is about,
    the first one leading. `refused` holds, by action, every rule that fired; `arms` the customer's arm by experiment, the holdout
    among them. `playbook` is the digest of the rules that decided.
    """

    customer_id: str
    at: str
    action: str = ""
    campaign: str = ""
    channel: str = ""
    p: float = 0.0
    value: float = 0.0
    score: float = 0.0
    explored: bool = False
    not_before: str = ""
    items: tuple[str, ...] = ()
    runner_up: str = ""
    runner_up_score: float = 0.0
    refused: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    arms: Mapping[str, str] = field(default_factory=dict)
    playbook: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The decision as plain JSON values."""
        refused = {action: [rule.value for rule in rules] for action, rules in self.refused.items()}
        return {**vars(self), "items": list(self.items), "refused": refused, "arms": dict(self.arms)}

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """From what `to_dict` wrote."""
        refused = {action: tuple(map(Rule, rules)) for action, rules in found["refused"].items()}
        return cls(**{**found, "items": tuple(found["items"]), "refused": refused})
