"""Rows of `faults.json`: what became of the records of a cell, every seed added up."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.matrix import Cell, Outcome

COUNTS = ("in", "delivered", "dead_lettered", "lost", "twice", "unexplained")


@dataclass(frozen=True)
class Found:
    """One seed of a cell: its outcome, or what was raised instead; `place` is the cell's in the list, `seconds` real ones."""

    place: int
    seed: int
    seconds: float
    outcome: Outcome | None = None
    error: str = ""


@dataclass
class Row:
    """The seeds of one cell that have ended so far."""

    cell: Cell
    found: list[Found] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice, nothing unexplained, and nothing raised."""
        row = self.to_json()
        return not row["errors"] and row["lost"] == row["twice"] == row["unexplained"] == 0

    @property
    def seconds(self) -> float:
        """Of all seeds, one after the other."""
        return sum(each.seconds for each in self.found)

    def to_json(self) -> dict[str, Any]:
        """As `faults.json` has it. A seed that raised is one thing unexplained, under its number in `errors`."""
        counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
        listed: dict[str, Counter[str]] = {name: Counter() for name in ("rejected", "withheld", "reasons")}
        for each in self.found:
            counts.update(_counts(each))
            for name, counter in listed.items():
                counter.update(getattr(each.outcome, name) if each.outcome else {})
        return {
            "flow": self.cell.flow, "fault": self.cell.fault, "seeds": len(self.found), **counts,
            **{name: dict(sorted(counter.items())) for name, counter in listed.items()},
            "errors": {str(each.seed): each.error for each in sorted(self.found, key=_seed) if each.error},
            "seconds": {"all": round(self.seconds, 1), "p95": round(p95([each.seconds for each in self.found]), 2)},
        }  # fmt: skip


def _seed(found: Found) -> int:
    return found.seed


def _counts(each: Found) -> dict[str, int]:
    if each.outcome is None:
        return {"unexplained": 1}
    found = each.outcome
    return {
        "in": found.landed, "delivered": found.delivered, "dead_lettered": found.dead_lettered,
        "lost": found.lost, "twice": found.twice, "unexplained": found.unexplained,
    }  # fmt: skip


def p95(values: list[float]) -> float:
    """The value below which 95 % lie (nearest rank); 0 of none."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else 0.0
