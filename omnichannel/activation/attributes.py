"""A customer's attributes as marketing sees them in the messaging channel: the same names and words in every adapter that has any.

What there is not is said with a word: both Customer Profiles and Pinpoint keep an attribute that a later update leaves out, and an action
of last month must not stay.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from omnichannel.activation.messaging import Recipient
from omnichannel.campaigns.shelf import sellable
from omnichannel.campaigns.values import LONGEST_PRODUCT, plain
from omnichannel.contracts.scores import SCORE_DECIMALS, Trait

NONE = "none"
SCORES = (Trait.CHURN_PROPENSITY.value, Trait.REPURCHASE_PROPENSITY.value)
CUSTOMER_ID, CAMPAIGN, CHANNEL, NOT_BEFORE, MESSAGE_ID = "customer_id", "campaign", "channel", "not_before", "message_id"
SUBGROUP = "subgroup"
ITEM_NAMES = "recommended_item_names"
WORDS = (
    Trait.CHURN_BAND.value,
    Trait.REPURCHASE_BAND.value,
    Trait.CUSTOMER_SEGMENT.value,
    Trait.NEXT_BEST_ACTION.value,
    CAMPAIGN,
    SUBGROUP,
    CHANNEL,
    NOT_BEFORE,
    Trait.PROPENSITY_AS_OF.value,
)
"""Attributes with one word each: what audiences are made of."""
ITEMS = 5
"""Products that a profile shows, the leading one first."""

Catalog = Callable[[Iterable[str]], Mapping[str, Mapping[str, Any]]]
"""The products of those ids that exist."""


def words(recipient: Recipient) -> dict[str, str]:
    """The attributes with one word each, by name."""
    decision, traits = recipient.action, recipient.member.traits
    known: dict[str, object] = {**traits, CHANNEL: recipient.channel}
    if decision:
        known |= {CAMPAIGN: decision.campaign, SUBGROUP: recipient.subgroup, NOT_BEFORE: decision.not_before}
    return {name: str(known.get(name) or NONE) for name in WORDS}


def scores(recipient: Recipient) -> dict[str, float]:
    """The propensities that there are, by name."""
    found = ((name, recipient.member.traits.get(name)) for name in SCORES)
    return {name: float(value) for name, value in found if value is not None}


def score_text(score: float) -> str:
    """A score with a fixed width, so that texts sort as scores do."""
    return f"{score:.{SCORE_DECIMALS}f}"


def items(recipient: Recipient, names: Mapping[str, str]) -> tuple[str, ...]:
    """The products that the customer is to be shown: those that can be bought (they have a name), the leading one first."""
    return tuple(product for product in _wanted(recipient) if product in names)[:ITEMS]


def names(recipients: Iterable[Recipient], catalog: Catalog) -> dict[str, str]:
    """The names of the products meant for the recipients that can be bought at this moment, by product id."""
    wanted = sorted({product for each in recipients for product in _wanted(each)})
    found = catalog(wanted) if wanted else {}
    return {name: plain(str(product.get("name") or name), LONGEST_PRODUCT) for name, product in found.items() if sellable(product)}


def _wanted(recipient: Recipient) -> tuple[str, ...]:
    if recipient.decision:
        return recipient.decision.items
    return tuple(map(str, recipient.member.traits.get(Trait.RECOMMENDED_ITEMS.value) or ()))


def joined(values: Iterable[str], most: int, *, between: str = ", ") -> str:
    """As many whole values as fit into so many characters; the first one is cut if it alone does not fit."""
    text = ""
    for value in values:
        longer = f"{text}{between}{value}" if text else cut(value, most)
        if len(longer) > most:
            break
        text = longer
    return text


def cut(text: str, most: int) -> str:
    """The text within so many characters; an ellipsis says where it was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"
