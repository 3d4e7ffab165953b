"""Amazon Connect Customer Profiles: the object type that scores and actions come in, and one object of it a customer.

Names, limits and the mapping are in one place because the stack writes the object type and the bridge its objects.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from omnichannel.activation import attributes
from omnichannel.activation.attributes import CUSTOMER_ID, ITEM_NAMES, ITEMS, MESSAGE_ID, NONE, SCORES, WORDS
from omnichannel.activation.messaging import Recipient
from omnichannel.activation.sent import Sent
from omnichannel.contracts.profiles import KEY, KEY_CHARS, UPDATED_AT
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.scores import Trait

VALUE_CHARS = 255
"""Of an attribute's value (botocore's `string1To255`)."""
OBJECT_BYTES = 256_000
"""Of an object: 250 KB by its quota, 256,000 characters by the request's model; in bytes it is within both."""

ADDRESS_FIELDS = {"email": ("EmailAddress", "EMAIL_ADDRESS"), "phone": ("PhoneNumber", "PHONE_NUMBER")}
"""Our field by the standard profile's, with what it holds. A push token has no place there."""
_FIELD_OF_CHANNEL = {"email": "email", "sms": "phone"}
ITEM_FIELDS = tuple(f"recommended_item_{number}{what}" for number in range(1, ITEMS + 1) for what in ("", "_name"))
ATTRIBUTES = (*SCORES, *WORDS, Trait.RECOMMENDED_ITEMS.value, ITEM_NAMES, *ITEM_FIELDS, MESSAGE_ID, CUSTOMER_ID)


def fields() -> dict[str, dict[str, str]]:
    """The object type's fields by name: where each comes from and where in the profile it goes."""
    found = {name: {"Source": f"_source.{name}", "Target": f"_profile.Attributes.{name}", "ContentType": "STRING"} for name in ATTRIBUTES}
    for name, (target, content) in ADDRESS_FIELDS.items():
        found[name] = {"Source": f"_source.{name}", "Target": f"_profile.{target}", "ContentType": content}
    return {**found, UPDATED_AT: {"Source": f"_source.{UPDATED_AT}", "ContentType": "STRING"}}


def keys() -> dict[str, list[dict[str, list[str]]]]:
    """The object type's one key: it names the profile and the object, so that a second object of a customer replaces the first."""
    return {KEY: [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": [CUSTOMER_ID]}]}


def updated_at(as_of: str, now: datetime) -> str:
    """How new an object is: the date of its scores, and within it how long after that date it was made, a second for each millisecond.

    So whatever run is slow or repeated, newer scores are always later, and of the same scores the later run.
    """
    day = datetime.combine(date.fromisoformat(as_of), datetime.min.time(), UTC)
    seconds = min(max(int((now - day).total_seconds()), 0), 86_399_999)
    return (day + timedelta(milliseconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def profile_object(recipient: Recipient, names: Mapping[str, str], *, as_of: str, now: datetime) -> str:
    """The customer's object as JSON; every attribute is in it, `none` where there is nothing to say."""
    scores = dict.fromkeys(SCORES, NONE) | {n: attributes.score_text(s) for n, s in attributes.scores(recipient).items()}
    products = attributes.items(recipient, names)
    shown = {
        Trait.RECOMMENDED_ITEMS.value: attributes.joined(products, VALUE_CHARS) or NONE,
        ITEM_NAMES: attributes.joined((names[each] for each in products), VALUE_CHARS) or NONE,
    }
    found: dict[str, Any] = {
        CUSTOMER_ID: recipient.member.customer_id,
        MESSAGE_ID: recipient.message_id,
        UPDATED_AT: updated_at(as_of, now),
        **scores,
        **{name: attributes.cut(word, VALUE_CHARS) for name, word in attributes.words(recipient).items()},
        **shown,
        **_each(products, names),
        **_address(recipient),
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def clearing_object(held: Sent, now: datetime) -> str:
    """An object that takes back what audiences are built on, as JSON: the customer's key, and `none` for everything else."""
    said = dict.fromkeys(ATTRIBUTES, NONE) | {CUSTOMER_ID: held.customer_id, UPDATED_AT: updated_at(held.as_of, now)}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def refusal(recipient: Recipient, text: str) -> Reason | None:
    """Why the service would not take this object, if it would not."""
    if len(recipient.member.customer_id) > KEY_CHARS:
        return Reason.ID_TOO_LONG
    return Reason.TOO_LARGE if len(text.encode()) > OBJECT_BYTES else None


def _each(products: tuple[str, ...], names: Mapping[str, str]) -> dict[str, str]:
    slots = dict.fromkeys(ITEM_FIELDS, NONE)
    for number, product in enumerate(products, 1):
        slots[f"recommended_item_{number}"] = attributes.cut(product, VALUE_CHARS)
        slots[f"recommended_item_{number}_name"] = attributes.cut(names[product], VALUE_CHARS)
    return slots


def _address(recipient: Recipient) -> dict[str, str]:
    field = _FIELD_OF_CHANNEL.get(recipient.channel)
    return {field: recipient.address} if field else {}
