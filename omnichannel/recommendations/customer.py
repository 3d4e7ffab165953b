"""What live functions know of somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnichannel.consent.gate import allows

PURPOSE, CHANNEL = "personalization", "web"


@dataclass(frozen=True, kw_only=True)
class Customer:
    """The id that Personalize knows too, and the consents on record (`{"<purpose>/<channel>": {"granted", "at"}}`)."""

    customer_id: str
    consents: Mapping[str, Any]

    @property
    def consents_to_personalization(self) -> bool:
        """Whether their behaviour may be used to choose what they are shown."""
        return allows(self.consents, PURPOSE, CHANNEL)


STRANGER = Customer(customer_id="", consents={})
"""Somebody of whom no source has told yet, signed in on a browser that is another customer's: nobody we know, who has allowed nothing."""
