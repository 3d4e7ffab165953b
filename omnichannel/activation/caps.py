"""Frequency caps: whether one message more is too many for a customer, on its channel or over all of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from omnichannel.activation.contacts import Contact
from omnichannel.playbook.choices import Cap, Playbook


def reached(playbook: Playbook, channel: str, contacts: Iterable[Contact], at: datetime, *, but: str) -> bool:
    """Whether a message on the channel at that moment is one too many; `but` is its own id, by which it may have gone before."""
    others = [contact for contact in contacts if contact.message_id != but]
    used = playbook.channels.get(channel)
    return _full(playbook.caps, others, at) or _full(used.caps if used else (), (each for each in others if each.channel == channel), at)


def _full(caps: Iterable[Cap], contacts: Iterable[Contact], at: datetime) -> bool:
    ages = [at - contact.at for contact in contacts]
    return any(sum(age < timedelta(days=cap.days) for age in ages) >= cap.most for cap in caps)
