"""The identity rules, as code: how sure each kind of identifier is, what it may join, and how much of it is too much.

Twilio Segment's defaults are the model: one `user_id` and five values of everything else per profile, and a list of blocked values. Where
it differs: Segment looks at the values of one profile alone; here a value that many customers share is nobody's, so that a till's tablet
or an office address does not join strangers; and two accounts of one person may become one customer, when nothing speaks against it.
"""

from dataclasses import dataclass
from functools import cached_property

from omnichannel.contracts.identity import Trait
from omnichannel.contracts.store import IdType


@dataclass(frozen=True, kw_only=True)
class IdRule:
    """What identifiers of one type may do.

    `customer`: whoever has one is a customer; without any such identifier it is a visitor's.
    `joins`: one value may make one customer of two. If not, it belongs to the one customer that it was last seen with.
    `most_customers`: with more different values of any one customer type than this, the value is shared and links nobody.
    `most_values`: how many of this type one customer may have; the surest are kept (of a type that joins nobody, the newest).
    """

    id_type: IdType
    customer: bool = False
    joins: bool = False
    most_customers: int
    most_values: int


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All types, the surest first; `declared` are sources in which people or the retailer say who they are.

    An identifier that was only used, in an order or a ticket, never joins two accounts: people order for each other.
    """

    types: tuple[IdRule, ...]
    declared: frozenset[str]
    conflicts: tuple[Trait, ...] = tuple(Trait)

    @cached_property
    def rank(self) -> dict[IdType, int]:
        """By type its place, 0 for the surest."""
        return {rule.id_type: place for place, rule in enumerate(self.types)}


RULES = Rules(
    types=(
        # More than ten addresses, cards or numbers under one account: the account of a till, a company or a test.
        IdRule(id_type=IdType.CUSTOMER_REF, customer=True, joins=True, most_customers=10, most_values=3),
        # A card is one person's or, seen with more than two accounts, a family's.
        IdRule(id_type=IdType.LOYALTY_CARD, customer=True, joins=True, most_customers=2, most_values=3),
        # Somebody who registered anew now and then; beyond that an office.
        IdRule(id_type=IdType.EMAIL_SHA256, customer=True, joins=True, most_customers=3, most_values=5),
        IdRule(id_type=IdType.PHONE_SHA256, customer=True, joins=True, most_customers=3, most_values=5),
        IdRule(id_type=IdType.SEGMENT_ID, joins=True, most_customers=3, most_values=50),
        # Browsers forget weekly, so one customer has many; four people on one device make it a shop's, not a family's.
        IdRule(id_type=IdType.ANONYMOUS_ID, most_customers=3, most_values=200),
        IdRule(id_type=IdType.DEVICE_ID, most_customers=3, most_values=20),
    ),
    declared=frozenset({"customers", "identify", "alias", "profile_identifiers", "profile_merges"}),
)
