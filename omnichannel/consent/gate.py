"""The gate in front of every use of a customer's data: no consent on record means no, and so does one that nobody can read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ANY = "any"
Consents = Mapping[str, Mapping[str, Any]]
"""By `consent_key`: `{"granted": bool, "at": ISO 8601}`, as it stands on a customer's item."""


def consent_key(purpose: str, channel: str) -> str:
    """The name of one consent: `marketing/email`."""
    return f"{purpose}/{channel}"


def allows(consents: Consents, purpose: str, channel: str) -> bool:
    """Whether the newer of the channel's own consent and the one for any channel is a grant; at the same time a refusal wins.

    Where one of the two cannot be read the answer is no: it may be the refusal that came last.
    """
    if not readable(consents, purpose, channel):
        return False
    found = _found(consents, purpose, channel)
    if not found:
        return False
    newest = max(moment(consent) for consent in found)
    return all(consent["granted"] is True for consent in found if moment(consent) == newest)


def readable(consents: Any, purpose: str, channel: str) -> bool:
    """Whether the consents that decide about a purpose and a channel, if there are any, say yes or no and when."""
    return isinstance(consents, Mapping) and all(is_readable(consent) for consent in _found(consents, purpose, channel))


def moment(consent: Mapping[str, Any]) -> datetime:
    """When a consent was recorded; a time without zone is UTC."""
    at = datetime.fromisoformat(str(consent["at"]))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def is_readable(consent: Any) -> bool:
    """Whether one consent says yes or no and when."""
    if not isinstance(consent, Mapping) or not isinstance(consent.get("granted"), bool):
        return False
    try:
        moment(consent)
    except (KeyError, ValueError, OverflowError):
        return False
    return isinstance(consent["at"], str | datetime)


def _found(consents: Consents, purpose: str, channel: str) -> list[Mapping[str, Any]]:
    return [consents[key] for key in {consent_key(purpose, channel), consent_key(purpose, ANY)} if key in consents]
