"""A customer's consents as one short text, the same for the same consents, and back: how DuckDB and Python compare them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from omnichannel.consent.gate import moment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encoded(consents: Mapping[str, Mapping[str, Any]]) -> str:
    """`marketing/email=1@<microseconds>,…`, ordered by purpose and channel."""
    return ",".join(
        f"{key}={int(consent['granted'] is True)}@{_microseconds(consent)}" for key, consent in sorted(consents.items(), key=_order)
    )


def decoded(text: str) -> dict[str, dict[str, Any]]:
    """What `encoded` wrote, as consents stand on an item."""
    return dict(_decoded(part) for part in text.split(",")) if text else {}


def _decoded(part: str) -> tuple[str, dict[str, Any]]:
    key, _, value = part.partition("=")
    granted, _, micros = value.partition("@")
    return key, {"granted": granted == "1", "at": (_EPOCH + int(micros) * _MICROSECOND).isoformat()}


def _microseconds(consent: Mapping[str, Any]) -> int:
    return (moment(consent) - _EPOCH) // _MICROSECOND


def _order(entry: tuple[str, object]) -> tuple[str, ...]:
    return tuple(entry[0].split("/", 1))
