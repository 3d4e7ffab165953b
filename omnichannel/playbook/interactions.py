"""`playbook/interactions.yaml`: what the relay tells Personalize, checked; and every event name that anybody acts on."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.consent import PREFERENCE_EVENT, REFUSING_EVENTS
from omnichannel.contracts.events import PERSONALIZE_EVENT_TYPES
from omnichannel.contracts.feedback import SUPPRESSING_EVENTS
from omnichannel.playbook.conditions import names
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, mapping, read, refuse_unknown
from omnichannel.playbook.triggers import triggers
from omnichannel.recommendations.mapping import InteractionMap, Mapped, Value

NAME = "interactions"
MOST = 30
"""Events, so that the names fit into a rule's pattern and a function's environment."""
LONGEST_NAME = 60
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")


def load(folder: Path = FOLDER) -> InteractionMap:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder))


@cache
def interactions() -> InteractionMap:
    """This app's own file."""
    return load()


def forwarded() -> tuple[str, ...]:
    """The names of track events that the doors put on the bus: those that the relay, a trigger or the consent writer acts on."""
    consents = {PREFERENCE_EVENT, *REFUSING_EVENTS, *SUPPRESSING_EVENTS}
    return tuple(sorted(str(name) for name in consents | interactions().names | triggers().names))


def parsed(content: Mapping[str, Any]) -> InteractionMap:
    """From the file's content; raises `UnusablePlaybook`."""
    refuse_unknown(content, ("events", "shown"), f"{NAME}.yaml")
    listed = mapping(content.get("events"), "events")
    if not 1 <= len(listed) <= MOST:
        raise UnusablePlaybook(f"events are {len(listed)}; expected 1 to {MOST}")
    types = {_named(name, f"events.{name}"): _mapped(name, each) for name, each in listed.items()}
    shown = frozenset(_named(name, "shown") for name in names(content["shown"], "shown")) if content.get("shown") else frozenset()
    if both := shown & set(types):
        raise UnusablePlaybook(f"shown has {', '.join(sorted(both))}, which has an event type too; expected others")
    return InteractionMap(types=types, shown=shown)


def _mapped(name: str, value: Any) -> Mapped:
    place = f"events.{name}"
    given = mapping(value, place)
    refuse_unknown(given, ("type", "value"), place)
    kind, worth = given.get("type"), given.get("value", Value.NONE.value)
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise UnusablePlaybook(f"{place}.type is {kind!r:.60}; expected a word such as View, AddToCart or Purchase")
    # What is trained on has the same names: another one here would be another kind of event there.
    if kind != PERSONALIZE_EVENT_TYPES.get(name, kind):
        raise UnusablePlaybook(f"{place}.type is {kind}; expected {PERSONALIZE_EVENT_TYPES[name]}, as in what Personalize is trained on")
    if worth not in {each.value for each in Value}:
        raise UnusablePlaybook(f"{place}.value is {worth!r:.60}; expected one of {', '.join(Value)}")
    return Mapped(type=kind, value=Value(worth))


def _named(name: str, place: str) -> str:
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UnusablePlaybook(f"{place} is {name!r:.60}; expected an event's name, {LONGEST_NAME} characters at most")
    return name
