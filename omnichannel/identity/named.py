"""Whom a person means who types: the same words name the same customer in every command."""

from omnichannel.contracts.store import REF, IdType, link_key
from omnichannel.identity.normalise import email_sha256, loyalty_card, plain

FORMS = "our id (c_…, now or formerly), the retailer's own (C100001 or ref:C100001), a loyalty card or an e-mail address"


def identifiers(who: str) -> tuple[tuple[IdType, str], ...]:
    """The outside identifiers that these words may be, in their normal form, the surest first; none for words that name nobody.

    An address is hashed here. `ref:` makes sure that the rest is read as the retailer's own id and as nothing else.
    """
    only_ref = who.startswith(REF)
    tries = (
        (IdType.EMAIL_SHA256, None if only_ref else email_sha256(who)),
        (IdType.CUSTOMER_REF, plain(who.removeprefix(REF))),
        (IdType.LOYALTY_CARD, None if only_ref else loyalty_card(who)),
    )
    return tuple((id_type, value) for id_type, value in tries if value)


def keys(who: str) -> dict[str, tuple[str, str]]:
    """The keys of `customers` under which whoever is meant may be found, the surest (our own id) first.

    With each, the kind and the normal form of the identifier that the words are then.
    """
    ours = {} if who.startswith(REF) or not plain(who) or "#" in who else {who.strip(): ("customer_id", who.strip())}
    return ours | {link_key(*each): each for each in identifiers(who)}
