"""Consents: what is asked, where an answer may come from, and which purpose and channel other people's words mean."""

from enum import StrEnum


class Purpose(StrEnum):
    """What a customer allows or refuses."""

    MARKETING = "marketing"
    ANALYTICS = "analytics"
    PERSONALIZATION = "personalization"
    ADVERTISING = "advertising"


class Channel(StrEnum):
    """Where it is allowed; `any` stands for every channel that has no answer of its own."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WEB = "web"
    ANY = "any"


ADDRESSES = {Channel.EMAIL.value: "email", Channel.SMS.value: "phone", Channel.PUSH.value: "push_token"}
"""The channels that a message can be sent on, and the attribute of a customer's item that holds the address there."""


class Origin(StrEnum):
    """Which data set an entry of the consent log comes from."""

    CONSENTS = "consents"
    SEGMENT = "segment"
    FEEDBACK = "feedback"


SEGMENT_CATEGORIES: dict[str, Purpose] = {
    "advertising": Purpose.ADVERTISING,
    "analytics": Purpose.ANALYTICS,
    "marketing": Purpose.MARKETING,
    "personalization": Purpose.PERSONALIZATION,
}
"""The purpose of each category of `context.consent.categoryPreferences`, by its id in lower case, on the channel `web`.

A category that is not here (functional, strictly necessary, data sharing, …) says nothing about any purpose of ours: what was
not asked is not allowed. A retailer whose consent platform has other category ids adds them here.
"""

PREFERENCE_EVENT = "Segment Consent Preference Updated"
"""The event by which somebody decides. Other events repeat what was decided: in them only a change counts."""

REFUSING_EVENTS = ("Unsubscribed", "Email Marked as Spam")
"""Events of Segment's e-mail spec that take the consent to marketing by e-mail away."""

REFUSING_FEEDBACK = ("unsubscribe", "complaint")
"""Types of messaging feedback that take the consent to marketing on their channel away (e-mail where none is named)."""
