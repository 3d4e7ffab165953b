"""Amazon Pinpoint's endpoint import file: one endpoint a line, scores as metrics, the rest as attributes."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from omnichannel.activation.messaging import Recipient

CHANNEL_TYPE = "EMAIL"
MESSAGE_ID = "message_id"
"""The attribute by which a registered endpoint shows which delivery it holds."""


def endpoint_id(customer_id: str) -> str:
    """The id of a customer's e-mail endpoint."""
    return f"{customer_id}.email"


def endpoint(recipient: Recipient) -> dict[str, Any]:
    """One endpoint of an import file in JSON."""
    traits = recipient.member.traits
    metrics = {name: value for name, value in traits.items() if _is_number(value)}
    attributes = {name: _texts(value) for name, value in traits.items() if not _is_number(value)}
    return {
        "ChannelType": CHANNEL_TYPE,
        "Address": recipient.address,
        "Id": endpoint_id(recipient.member.customer_id),
        "User": {"UserId": recipient.member.customer_id},
        "Attributes": {**attributes, MESSAGE_ID: [recipient.message_id]},
        "Metrics": metrics,
    }


def as_lines(recipients: Iterable[Recipient]) -> bytes:
    """The import file: UTF-8, uncompressed, as Pinpoint asks for."""
    return "".join(json.dumps(endpoint(recipient), ensure_ascii=False) + "\n" for recipient in recipients).encode()


def message_ids(lines: bytes) -> Iterator[tuple[str, str]]:
    """Customer id and message id of every endpoint in an import file."""
    for line in lines.splitlines():
        record = json.loads(line)
        yield record["User"]["UserId"], record["Attributes"][MESSAGE_ID][0]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
