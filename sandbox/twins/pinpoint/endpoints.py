"""Endpoints of Pinpoint: what one must have, what its limits are, and how an update changes it."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

Endpoint = dict[str, Any]
CHANNELS = frozenset(
    ["PUSH", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "SMS", "VOICE", "EMAIL", "BAIDU", "CUSTOM", "IN_APP"]
)  # fmt: skip
MAX_ATTRIBUTES = 250
MAX_ATTRIBUTE_NAME = 50
MAX_VALUES, MAX_VALUE = 50, 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9]\d{5,14}")
_PLAIN = ("Address", "ChannelType", "EndpointStatus", "OptOut", "EffectiveDate", "RequestId")
_PARTS: dict[str, tuple[str, ...]] = {
    "Demographic": ("AppVersion", "Locale", "Make", "Model", "ModelVersion", "Platform", "PlatformVersion", "Timezone"),
    "Location": ("City", "Country", "Latitude", "Longitude", "PostalCode", "Region"),
}


class InvalidEndpointError(ValueError):
    """An endpoint that Pinpoint does not take; the text never shows its address."""


def from_columns(row: Mapping[str, str]) -> Endpoint:
    """An endpoint from a CSV row with dotted headers; empty cells are absent."""
    endpoint: Endpoint = {}
    for header, text in row.items():
        if text in ("", None):
            continue
        first, _, rest = header.partition(".")
        if first == "Attributes" and rest:
            endpoint.setdefault("Attributes", {})[rest] = [text]
        elif first == "Metrics" and rest:
            endpoint.setdefault("Metrics", {})[rest] = _number(header, text)
        elif header == "User.UserId":
            endpoint.setdefault("User", {})["UserId"] = text
        elif header.startswith("User.UserAttributes."):
            name = header.removeprefix("User.UserAttributes.")
            endpoint.setdefault("User", {}).setdefault("UserAttributes", {})[name] = [text]
        elif rest in _PARTS.get(first, ()):
            endpoint.setdefault(first, {})[rest] = _number(header, text) if rest in ("Latitude", "Longitude") else text
        else:
            endpoint[header] = text
    return endpoint


def unknown_headers(headers: list[str]) -> list[str]:
    """The CSV headers that are none of Pinpoint's."""
    plain = {"Id", "User.UserId", *_PLAIN, *(f"{first}.{rest}" for first, names in _PARTS.items() for rest in names)}
    free = re.compile(r"(Attributes|Metrics|User\.UserAttributes)\..+")
    return [header for header in headers if header not in plain and not free.fullmatch(header)]


def merged(existing: Endpoint | None, update: Endpoint) -> Endpoint:
    """The endpoint after an update: what the update names is replaced, attribute by attribute; raises `InvalidEndpointError`."""
    problems = list(_problems(update, new=existing is None))
    if problems:
        raise InvalidEndpointError("; ".join(problems))
    endpoint: Endpoint = dict(existing or {})
    for name, value in update.items():
        endpoint[name] = {**endpoint.get(name, {}), **value} if isinstance(value, dict) else value
    endpoint.setdefault("EndpointStatus", "ACTIVE")
    endpoint.setdefault("OptOut", "NONE")
    return endpoint


def id_of(update: Endpoint) -> str:
    """The endpoint's id; one that has none gets one from its channel and address."""
    given = update.get("Id")
    if given:
        return str(given)
    return hashlib.sha256(f"{update.get('ChannelType')}\n{update.get('Address')}".encode()).hexdigest()[:32]


def _problems(update: Endpoint, *, new: bool) -> Iterator[str]:
    channel, address = update.get("ChannelType"), update.get("Address")
    if new and not address:
        yield "no Address; a new endpoint needs one"
    if new and not channel:
        yield "no ChannelType; a new endpoint needs one"
    if channel is not None and channel not in CHANNELS:
        yield f"unknown ChannelType; expected one of {', '.join(sorted(CHANNELS))}"
    if address is not None and not _deliverable(channel, address):
        yield f"the Address is none of channel {channel}"
    user = update.get("User") or {}
    yield from _attribute_problems("Attributes", update.get("Attributes") or {})
    yield from _attribute_problems("User.UserAttributes", user.get("UserAttributes") or {})
    metrics = update.get("Metrics") or {}
    yield from _name_problems("Metrics", metrics)
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in metrics.values()):
        yield "Metrics must be numbers"


def _attribute_problems(where: str, attributes: Mapping[str, Any]) -> Iterator[str]:
    yield from _name_problems(where, attributes)
    for name, values in attributes.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            yield f"{where}.{name} must be a list of strings"
        elif len(values) > MAX_VALUES or any(len(value) > MAX_VALUE for value in values):
            yield f"{where}.{name}: at most {MAX_VALUES} values of {MAX_VALUE} characters"


def _name_problems(where: str, entries: Mapping[str, Any]) -> Iterator[str]:
    if len(entries) > MAX_ATTRIBUTES:
        yield f"{len(entries)} {where}; at most {MAX_ATTRIBUTES}"
    yield from (
        f"{where}: the name {name[:60]!r} is longer than {MAX_ATTRIBUTE_NAME} characters"
        for name in entries
        if len(name) > MAX_ATTRIBUTE_NAME
    )


def _deliverable(channel: str | None, address: object) -> bool:
    if not isinstance(address, str):
        return False
    pattern = {"EMAIL": _EMAIL, "SMS": _PHONE, "VOICE": _PHONE}.get(channel or "")
    return pattern is None or bool(pattern.fullmatch(address))


def _number(header: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidEndpointError(f"{header} must be a number") from None
