"""The state of every consent, from the log of all that was ever recorded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omnichannel.consent.gate import Consents, consent_key, moment


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One line of the log; whom it is about is told by the first identifier that is given."""

    customer_ref: str | None
    email: str | None
    anonymous_id: str | None
    purpose: str
    channel: str
    granted: bool
    recorded_at: datetime


def states(log: Iterable[ConsentRecord], customer_of: Callable[[ConsentRecord], str | None]) -> dict[str, dict[str, dict[str, Any]]]:
    """By customer and `purpose/channel`, what was recorded last; at the same time a refusal wins. Nobody's consents are left out."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for record in log:
        customer = customer_of(record)
        if customer is not None:
            consent = {"granted": record.granted, "at": record.recorded_at.astimezone(UTC).isoformat()}
            found.setdefault(customer, {})
            found[customer] = newest(found[customer], {consent_key(record.purpose, record.channel): consent})
    return found


def newest(one: Consents, other: Consents) -> dict[str, dict[str, Any]]:
    """Both together; of each consent the newer one, and at the same time the refusal."""
    merged = {key: dict(consent) for key, consent in one.items()}
    for key, consent in other.items():
        if key not in merged or _order(consent) > _order(merged[key]):
            merged[key] = dict(consent)
    return merged


def _order(consent: Mapping[str, Any]) -> tuple[datetime, bool]:
    return moment(consent), consent["granted"] is not True
