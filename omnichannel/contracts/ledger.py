"""The ledger: for every flow, in = delivered + withheld(reason) + rejected(reason) + dead-lettered, nothing twice."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from omnichannel.contracts.reasons import Reason

LIVE = "live-"
"""What the names of the runs of live messages begin with; the day follows."""


class Flow(StrEnum):
    """The flows that keep a ledger."""

    ONBOARDING = "onboarding"
    SEGMENT = "segment"
    MESSAGING = "messaging"
    EVENTS = "events"
    LIVE_TRAITS = "live-traits"


class Sink(StrEnum):
    """Where an activation run delivers."""

    SEGMENT = "segment"
    FILE = "file"
    PINPOINT = "pinpoint"
    CONNECT = "connect"

    @property
    def flow(self) -> Flow:
        """The flow that the sink belongs to."""
        return Flow.SEGMENT if self is Sink.SEGMENT else Flow.MESSAGING


class Status(StrEnum):
    """What became of one record, customer or event."""

    DELIVERED = "delivered"
    WITHHELD = "withheld"
    REJECTED = "rejected"
    DEAD_LETTERED = "dead_lettered"


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """One customer (or event) and what became of it at one sink; `at` is ISO 8601 UTC."""

    flow: Flow
    run: str
    customer_id: str
    sink: str
    status: Status
    reason: Reason | None = None
    message_id: str = ""
    at: str

    def to_dict(self) -> dict[str, object]:
        """The row as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class QuarantineRecord:
    """One refused row (line 0 = the whole file). The value itself never leaves the landing zone: only its hash."""

    dataset: str
    file: str
    line: int
    column: str
    reason: Reason
    value_hash: str
    batch: str
    at: str

    def to_dict(self) -> dict[str, object]:
        """The record as plain JSON values."""
        return asdict(self)
