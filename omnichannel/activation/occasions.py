"""What makes a message the same one: the traits, and for an action the occasion, which is the last time that it was heard before."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from omnichannel.activation.contacts import Contact
from omnichannel.activation.delivery import HASH_CHARS
from omnichannel.contracts.decisions import Decision


def hash_of(traits_hash: str, decision: Decision | None, contacts: Iterable[Contact], run: str) -> str:
    """The traits' hash, and with an action that was heard before, one that names the occasion too.

    So an action decided anew after its cool-down is a message of its own, and the same run repeated sends nothing. Contacts that the
    decision could not know are no occasion: two runs that decide side by side are one.
    """
    heard = _last(decision, contacts, run) if decision else None
    if heard is None:
        return traits_hash
    return sha256(f"{traits_hash}\x1f{heard.astimezone(UTC).isoformat()}".encode()).hexdigest()[:HASH_CHARS]


def _last(decision: Decision, contacts: Iterable[Contact], run: str) -> datetime | None:
    """When the action was heard last before the decision, by another run's message."""
    decided_at = datetime.fromisoformat(decision.at)
    decided_at = decided_at if decided_at.tzinfo else decided_at.replace(tzinfo=UTC)
    before = (each.at for each in contacts if each.action == decision.action and each.run != run and each.at <= decided_at)
    return max(before, default=None)
