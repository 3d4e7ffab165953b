"""What became of every customer of one part at one sink: one ledger row each, counted for the log."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnichannel.activation.parts import Part
from omnichannel.contracts.ledger import LedgerRow, Sink, Status
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import Row, write_part


@dataclass(kw_only=True)
class Outcomes:
    """Collects one row a customer (a later outcome replaces an earlier one) and writes them as the part's ledger."""

    part: Part
    sink: Sink
    now: Callable[[], datetime]
    _rows: dict[str, LedgerRow] = field(default_factory=dict, init=False, repr=False)
    _asked: set[str] = field(default_factory=set, init=False, repr=False)

    def deliver(self, customer_id: str, message_id: str, *, at: str = "") -> None:
        """The sink has acknowledged (`at` that time, by default now)."""
        self._add(customer_id, Status.DELIVERED, None, message_id, at)

    def withhold(self, customer_id: str, reason: Reason, message_id: str = "") -> None:
        """It was ours to decide not to send (any more: then with the id that a try before went out with)."""
        self._add(customer_id, Status.WITHHELD, reason, message_id)

    def reject(self, customer_id: str, reason: Reason, message_id: str = "") -> None:
        """It could not be sent, or the sink refused it."""
        self._add(customer_id, Status.REJECTED, reason, message_id)

    def reject_rest(self, customer_ids: Iterable[str], reason: Reason) -> None:
        """Rejects those that have no outcome yet."""
        for customer_id in customer_ids:
            if customer_id not in self._rows:
                self.reject(customer_id, reason)

    def first(self, word: str) -> bool:
        """Whether it is asked for the first time by that word: for what is to be done once in a part."""
        new = word not in self._asked
        self._asked.add(word)
        return new

    def knows(self, customer_id: str) -> bool:
        """Whether the customer has an outcome."""
        return customer_id in self._rows

    def reason(self, customer_id: str) -> Reason | None:
        """Why the customer was withheld or rejected, if they were."""
        row = self._rows.get(customer_id)
        return row.reason if row else None

    def restore(self, rows: Iterable[Row]) -> None:
        """Takes over rows that were written before."""
        for row in rows:
            reason = Reason(row["reason"]) if row["reason"] else None
            self._add(row["customer_id"], Status(row["status"]), reason, row["message_id"], row["at"])

    def write(self, s3: Any, bucket: str) -> str:
        """Writes the part's ledger, ordered by customer, and returns its key."""
        rows = [self._rows[customer_id] for customer_id in sorted(self._rows)]
        return write_part(s3, bucket, flow=self.sink.flow, run=self.part.run, sink=self.sink, part=self.part.name, rows=rows)

    def counts(self) -> dict[str, Any]:
        """Numbers by status and reason: all that a log or a state machine needs to know."""
        counts = Counter(row.status.value if row.reason is None else f"{row.status}:{row.reason}" for row in self._rows.values())
        return {"part": self.part.name, "customers": len(self._rows), **dict(sorted(counts.items()))}

    def _add(self, customer_id: str, status: Status, reason: Reason | None, message_id: str = "", at: str = "") -> None:
        self._rows[customer_id] = LedgerRow(
            flow=self.sink.flow,
            run=self.part.run,
            customer_id=customer_id,
            sink=self.sink,
            status=status,
            reason=reason,
            message_id=message_id,
            at=at or self.now().isoformat(),
        )
