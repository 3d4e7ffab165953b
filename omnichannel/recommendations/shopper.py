"""Whom products are chosen for: what they allowed, and what the own recommender wrote down for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from omnichannel.consent.gate import allows
from omnichannel.contracts.recommendations import Placement, Source

PURPOSE = "personalization"
ATTRIBUTES = ("customer_id", "customer", "consents", "recommended")
"""What is read of a customer's item; a redirect has `customer`."""


@dataclass(frozen=True, kw_only=True)
class Shopper:
    """A customer we know. `items` are recommended to them, best first, by `source`; `again` they usually buy; `bought` they bought last."""

    customer_id: str
    consents: Mapping[str, Any] = field(default_factory=dict, repr=False)
    items: Sequence[str] = ()
    again: Sequence[str] = ()
    bought: Sequence[str] = ()
    source: Source = Source.OWN

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """From the item in the customers table; lists that are missing are empty."""
        held = item.get("recommended") or {}
        lists = {name: tuple(map(str, held.get(name) or ())) for name in ("items", "again", "bought")}
        # A batch of Personalize's may stand where the own recommender's items do.
        source = Source.PERSONALIZE if held.get("source") == Source.PERSONALIZE else Source.OWN
        return cls(customer_id=str(item["customer_id"]), consents=item.get("consents") or {}, source=source, **lists)

    def allows(self, placement: Placement) -> bool:
        """Whether their behaviour may choose what is shown there: in e-mail it is e-mail's consent, elsewhere the web's."""
        return allows(self.consents, PURPOSE, "email" if placement is Placement.EMAIL else "web")
