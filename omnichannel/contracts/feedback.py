"""What becomes of messages, in the words of whoever tells it: our own types of messaging feedback, and Segment's campaign events."""

from datetime import timedelta
from enum import StrEnum


class FeedbackType(StrEnum):
    """What a row of messaging feedback says."""

    SENT = "sent"
    DELIVERED = "delivered"
    OPEN = "open"
    CLICK = "click"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    SUPPRESS = "suppress"


CAMPAIGN_EVENTS: dict[str, tuple[str, FeedbackType]] = {
    "Email Delivered": ("email", FeedbackType.DELIVERED),
    "Email Opened": ("email", FeedbackType.OPEN),
    "Email Link Clicked": ("email", FeedbackType.CLICK),
    "Email Bounced": ("email", FeedbackType.BOUNCE),
    "Email Marked as Spam": ("email", FeedbackType.COMPLAINT),
    "Unsubscribed": ("email", FeedbackType.UNSUBSCRIBE),
    "Push Notification Received": ("push", FeedbackType.DELIVERED),
    "Push Notification Tapped": ("push", FeedbackType.CLICK),
    "Push Notification Bounced": ("push", FeedbackType.BOUNCE),
}
"""Channel and type of each campaign event of Segment's e-mail and mobile specs; it has none for text messages."""

SUPPRESSING = (FeedbackType.BOUNCE, FeedbackType.COMPLAINT, FeedbackType.SUPPRESS)
"""After these nothing more goes out on the channel. A bounce that is told to be soft is none of them."""
SOFT = "soft"

SUPPRESSING_EVENTS = tuple(name for name, (_, kind) in CAMPAIGN_EVENTS.items() if kind in SUPPRESSING)
"""Segment's events that do so at once, when they come live."""

TOUCHING = (FeedbackType.SENT, FeedbackType.DELIVERED)
"""These say that a message went out: contacts that count for caps, whoever sent it."""

REPORTED = timedelta(hours=36)
"""So long after a message a report of its campaign and channel is about it, where no id tells: gateways try an address for a day."""

CLOCKS = timedelta(minutes=1)
"""A report's clock may be so much behind the sender's."""

SENDING_SINKS = ("pinpoint", "connect", "file")
"""Whose deliveries are messages; Segment gets traits."""
