"""Amazon Pinpoint's endpoint import file: one endpoint a line, scores as metrics, the rest as attributes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omnichannel.activation import attributes, clearing
from omnichannel.activation.attributes import ITEM_NAMES, MESSAGE_ID, NONE
from omnichannel.activation.messaging import Recipient
from omnichannel.activation.sent import Sent
from omnichannel.campaigns.values import zone_of
from omnichannel.contracts.consent import Channel
from omnichannel.contracts.scores import Trait

CHANNEL_TYPES = {Channel.EMAIL.value: "EMAIL", Channel.SMS.value: "SMS"}
"""Pinpoint's word for a channel. A push endpoint would need the phone's platform, which nobody tells us."""
NAME_CHARS, VALUE_CHARS, VALUES = 50, 100, 50
"""Of an attribute's name and of each of its values, and how many values it may have."""


def endpoint_id(customer_id: str, channel: str) -> str:
    """The id of a customer's endpoint on a channel."""
    return f"{customer_id}.{channel}"


def endpoint(recipient: Recipient, names: Mapping[str, str]) -> dict[str, Any]:
    """One endpoint of an import file in JSON; every attribute is in it, `none` where there is nothing to say.

    `names` are those of the products that can be bought, by id.
    """
    products = attributes.items(recipient, names)
    values: dict[str, Sequence[str]] = {name: [word] for name, word in attributes.words(recipient).items()}
    values |= {Trait.RECOMMENDED_ITEMS.value: products or [NONE], ITEM_NAMES: [names[each] for each in products] or [NONE]}
    return {
        "ChannelType": CHANNEL_TYPES[recipient.channel],
        "Address": recipient.address,
        "Id": endpoint_id(recipient.member.customer_id, recipient.channel),
        "User": {"UserId": recipient.member.customer_id},
        "Attributes": {name: _cut(each) for name, each in values.items()} | {MESSAGE_ID: [recipient.message_id]},
        "Metrics": attributes.scores(recipient),
        **_clock(recipient),
        **({"OptOut": "NONE"} if clearing.reopens(recipient.before, recipient.channel) else {}),
    }


def clearing_item(held: Sent, *, shut: bool = True) -> dict[str, Any]:
    """An update of the endpoint that takes back what audiences are built on; shut, it is sent nothing whatever they are built on."""
    names = (*attributes.WORDS, Trait.RECOMMENDED_ITEMS.value, ITEM_NAMES)
    opted = {"OptOut": "ALL"} if shut else {}
    return {"Id": endpoint_id(held.customer_id, held.channel), **opted, "Attributes": {name: [NONE] for name in names}}


def as_lines(recipients: Iterable[Recipient], names: Mapping[str, str]) -> bytes:
    """The import file: UTF-8, uncompressed, as Pinpoint asks for."""
    return "".join(json.dumps(endpoint(recipient, names), ensure_ascii=False) + "\n" for recipient in recipients).encode()


def _clock(recipient: Recipient) -> dict[str, Any]:
    """The customer's own time zone, by which Pinpoint keeps quiet hours; without one it keeps none."""
    zone = zone_of(str((recipient.item.get("profile") or {}).get("timezone") or ""))
    return {"Demographic": {"Timezone": zone.key}} if zone else {}


def _cut(values: Iterable[str]) -> list[str]:
    return [attributes.cut(value, VALUE_CHARS) for value in values][:VALUES]
