"""What was decided, as arrays; in words for whom it is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.decisions.chance import Floats
from omnichannel.decisions.columns import NONE, Bools, Ints
from omnichannel.decisions.plan import BIT, Plan
from omnichannel.playbook.experiments import HOLDOUT, IN, OUT

_JOINED = ("fired", "p", "value", "score", "arms")
_ALONG = ("chosen", "explored", "runner_up", "opens", "items", "out")
_DECIMALS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Decided:
    """N customers' decisions among A actions (places in the plan's, `NONE` for none).

    `fired` (A x N) has a bit for each rule that refuses an action, `p`, `value` and `score` (A x N) what it would be worth. `opens` is
    the second since 1970 from which a message may go out, `items` (N x 5) are places of products, `arms` (E x N) of arms.
    """

    plan: Plan
    at: datetime
    ids: Sequence[str]
    products: Sequence[str]
    fired: np.ndarray[Any, np.dtype[np.uint16]]
    p: Floats
    value: Floats
    score: Floats
    chosen: Ints
    explored: Bools
    runner_up: Ints
    opens: Floats
    items: Ints
    out: Bools
    arms: Ints

    @classmethod
    def together(cls, lots: Sequence["Decided"]) -> "Decided":
        """Lots of the same plan and moment, one behind the other."""
        if len(lots) == 1:
            return lots[0]
        first = lots[0]
        joined = {name: np.concatenate([getattr(lot, name) for lot in lots], axis=1) for name in _JOINED}
        along = {name: np.concatenate([getattr(lot, name) for lot in lots]) for name in _ALONG}
        ids = [customer_id for lot in lots for customer_id in lot.ids]
        return cls(plan=first.plan, at=first.at, ids=ids, products=first.products, **joined, **along)

    def __len__(self) -> int:
        return len(self.chosen)

    def rules(self, row: int) -> dict[str, tuple[Rule, ...]]:
        """By action, the rules that refuse it to a customer."""
        return {name: _rules(fired) for name, fired in zip(self.plan.names, self.fired[:, row].tolist(), strict=True) if fired}

    def ranking(self, row: int) -> list[dict[str, Any]]:
        """The actions that are allowed to a customer, the most worthy first."""
        allowed = np.flatnonzero((self.fired[:, row] == 0) & (self.score[:, row] > 0))
        ordered = sorted(allowed.tolist(), key=lambda place: -self.score[place, row])
        return [{"action": self.plan.names[place], **self._worth(place, row)} for place in ordered]

    def decision(self, row: int) -> Decision:
        """A customer's decision in words."""
        place, second = int(self.chosen[row]), int(self.runner_up[row])
        told: Mapping[str, Any] = {} if place == NONE else self._about(place, row)
        return Decision(
            customer_id=self.ids[row],
            at=self.at.isoformat(),
            runner_up="" if second == NONE else self.plan.names[second],
            runner_up_score=0.0 if second == NONE else round(float(self.score[second, row]), _DECIMALS),
            refused=self.rules(row),
            arms=self._arms(row),
            playbook=self.plan.playbook.digest,
            **told,
        )

    def _about(self, place: int, row: int) -> dict[str, Any]:
        action, opens = self.plan.actions[place], float(self.opens[row])
        later = opens > self.at.timestamp()
        return {
            "action": action.name,
            "campaign": action.campaign,
            "channel": action.channel,
            "explored": bool(self.explored[row]),
            "not_before": datetime.fromtimestamp(opens, UTC).isoformat() if later else "",
            "items": self.shown(row),
            **self._worth(place, row),
        }

    def shown(self, row: int) -> tuple[str, ...]:
        """The ids of the products that a customer's message is about."""
        return tuple(self.products[place] for place in self.items[row].tolist() if place != NONE)

    def _worth(self, place: int, row: int) -> dict[str, float]:
        return {name: round(float(getattr(self, name)[place, row]), _DECIMALS) for name in ("p", "value", "score")}

    def _arms(self, row: int) -> dict[str, str]:
        names = {
            experiment.name: arms[place]
            for experiment, arms, place in zip(self.plan.experiments, self.plan.arms, self.arms[:, row].tolist(), strict=True)
        }
        return {HOLDOUT: OUT if self.out[row] else IN, **names}


@lru_cache(maxsize=1 << len(Rule))
def _rules(fired: int) -> tuple[Rule, ...]:
    return tuple(rule for rule, bit in BIT.items() if fired & int(bit))
