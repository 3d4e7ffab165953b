"""Where identifiers stand: which fields of rows, messages and files hold which kind, and the normal form of each kind."""

import re
from collections.abc import Mapping
from enum import StrEnum

from omnichannel.identity import normalise


class Kind(StrEnum):
    """Kinds of identifiers as they are written; their hashes are kinds of their own, since stores hold them too."""

    CUSTOMER_ID = "customer_id"
    CUSTOMER_REF = "customer_ref"
    ANONYMOUS_ID = "anonymous_id"
    EMAIL = "email"
    EMAIL_SHA256 = "email_sha256"
    PHONE = "phone"
    PHONE_SHA256 = "phone_sha256"
    LOYALTY_CARD = "loyalty_card"
    DEVICE_ID = "device_id"
    SEGMENT_ID = "segment_id"
    ORDER_ID = "order_id"


ANY = frozenset(Kind)

FIELDS: Mapping[str, frozenset[Kind]] = {
    "customerid": frozenset({Kind.CUSTOMER_ID}),
    "othercustomerid": frozenset({Kind.CUSTOMER_ID}),
    "customer": frozenset({Kind.CUSTOMER_ID, Kind.CUSTOMER_REF}),
    "customerref": frozenset({Kind.CUSTOMER_REF}),
    # Segment's userId is the retailer's reference, Personalize's and Pinpoint's is our own id.
    "userid": frozenset({Kind.CUSTOMER_REF, Kind.CUSTOMER_ID}),
    "previousid": frozenset({Kind.CUSTOMER_REF, Kind.ANONYMOUS_ID}),
    "anonymousid": frozenset({Kind.ANONYMOUS_ID}),
    "email": frozenset({Kind.EMAIL}),
    "contactemail": frozenset({Kind.EMAIL}),
    "recipientemail": frozenset({Kind.EMAIL}),
    "emailsha256": frozenset({Kind.EMAIL_SHA256}),
    "phone": frozenset({Kind.PHONE}),
    "phonesha256": frozenset({Kind.PHONE_SHA256}),
    "address": frozenset({Kind.EMAIL, Kind.PHONE}),
    "loyaltycard": frozenset({Kind.LOYALTY_CARD}),
    "deviceid": frozenset({Kind.DEVICE_ID}),
    "segmentid": frozenset({Kind.SEGMENT_ID}),
    "canonicalsegmentid": frozenset({Kind.SEGMENT_ID}),
    "orderid": frozenset({Kind.ORDER_ID}),
    "idvalue": ANY,
    "idvaluehash": ANY,
    "externalidvalue": ANY,
}
"""Field names without case and punctuation, and what may stand in them."""


def kinds(field: str) -> frozenset[Kind]:
    """What a field may hold, told by the last part of its name (`User.UserId`, `USER_ID` and `userId` are one); empty for no identifier."""
    return FIELDS.get(re.sub("[^a-z0-9]", "", field.rsplit(".", 1)[-1].lower()), frozenset())


def normal(kind: Kind, value: str) -> str:
    """The normal form that hashes are made of; what has none stays as it is."""
    match kind:
        case Kind.EMAIL:
            return normalise.email(value) or value
        case Kind.PHONE:
            return normalise.phone(value) or value
        case Kind.LOYALTY_CARD:
            return normalise.loyalty_card(value) or value
    return value.strip()
