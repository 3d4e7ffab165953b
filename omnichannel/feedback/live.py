"""Live campaign events that close a channel at once: an address that bounces, a complaint."""

from datetime import datetime

from omnichannel.activation.suppression import Suppression, Why
from omnichannel.contracts.feedback import CAMPAIGN_EVENTS, SUPPRESSING_EVENTS, FeedbackType

WHY = {FeedbackType.BOUNCE: Why.BOUNCE, FeedbackType.COMPLAINT: Why.COMPLAINT, FeedbackType.SUPPRESS: Why.REQUEST}
"""The reason that stands on the customer's item, by what was told."""


def suppression(name: str, at: datetime) -> Suppression | None:
    """What an event of that name closes for its customer; None for every other event."""
    if name not in SUPPRESSING_EVENTS:
        return None
    channel, kind = CAMPAIGN_EVENTS[name]
    return Suppression(channel=channel, why=WHY[kind], at=at)
