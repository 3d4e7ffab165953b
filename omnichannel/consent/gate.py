"""The gate in front of every use of a customer's data: no consent on record means no."""

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
    """Whether the newer of the channel's own consent and the one for any channel is a grant; at the same time a refusal wins."""
    found = [consents[key] for key in {consent_key(purpose, channel), consent_key(purpose, ANY)} if key in consents]
    if not found:
        return False
    newest = max(moment(consent) for consent in found)
    return all(consent["granted"] is True for consent in found if moment(consent) == newest)


def moment(consent: Mapping[str, Any]) -> datetime:
    """When a consent was recorded; a time without zone is UTC."""
    at = datetime.fromisoformat(str(consent["at"]))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
