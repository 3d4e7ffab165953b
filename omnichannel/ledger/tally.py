"""Adding ledger rows up, and the one question: does every one that went in come out, once, with a reason?"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omnichannel.contracts.ledger import Status

Summary = dict[str, Any]
"""One row of `ledger.json`: flow, run, sink, in, delivered, withheld and rejected by reason, dead_lettered, twice."""


@dataclass(kw_only=True)
class Tally:
    """What the rows of one flow, run and sink add up to; memory grows with the ids only."""

    flow: str
    run: str
    sink: str
    delivered: int = 0
    dead_lettered: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    _seen: set[str] = field(default_factory=set, repr=False)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Counts each row; a second row of an id counts as `twice`, whatever it says."""
        for row in rows:
            self._count(row)
            if row["customer_id"] in self._seen:
                self.twice += 1
            self._seen.add(row["customer_id"])

    def _count(self, row: Mapping[str, Any]) -> None:
        match row["status"]:
            case Status.DELIVERED:
                self.delivered += 1
            case Status.DEAD_LETTERED:
                self.dead_lettered += 1
            case Status.WITHHELD:
                self.withheld[_reason(row)] += 1
            case Status.REJECTED:
                self.rejected[_reason(row)] += 1
            case other:
                raise ValueError(f"ledger row of {self.flow}/{self.sink}, run {self.run}: unknown status {other!r}")

    def summary(self, entered: int | None = None) -> Summary:
        """The row of `ledger.json`; `entered` is how many went in, by default the ids that left a row."""
        return {
            "flow": self.flow,
            "run": self.run,
            "sink": self.sink,
            "in": len(self._seen) if entered is None else entered,
            "delivered": self.delivered,
            "withheld": dict(sorted(self.withheld.items())),
            "rejected": dict(sorted(self.rejected.items())),
            "dead_lettered": self.dead_lettered,
            "twice": self.twice,
        }


def accounted_for(summary: Summary) -> int:
    """How many a summary says left, by whichever way."""
    counts = (summary["delivered"], *summary["withheld"].values(), *summary["rejected"].values(), summary["dead_lettered"])
    return int(sum(counts))


def closes(summary: Summary) -> bool:
    """Whether all that went in came out exactly once."""
    return bool(summary["in"] == accounted_for(summary) and summary["twice"] == 0)


def _reason(row: Mapping[str, Any]) -> str:
    if not row.get("reason"):
        raise ValueError(f"ledger row of {row['flow']}/{row['sink']}, run {row['run']}: {row['status']} without a reason")
    return str(row["reason"])
