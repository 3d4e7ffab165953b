"""From a source object to a profile: an object type's fields and keys, as pure functions.

A field's source is an accessor (`_source.a.b`) or a text with accessors in double braces; its target a member of the standard profile.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import botocore.session
from botocore.model import StructureShape

from sandbox.twins.errors import ServiceError

Body = dict[str, Any]
MAX_KEYS = 10
_ACCESSOR = re.compile(r"_source\.[\w.\-]+")
_MACRO = re.compile(r"\{\{\s*(_source\.[\w.\-]+)\s*\}\}")
_DEFAULT_MAX = 255
UNIQUE, SECONDARY, LOOKUP_ONLY, NEW_ONLY = "UNIQUE", "SECONDARY", "LOOKUP_ONLY", "NEW_ONLY"


def check_type(wanted: Mapping[str, Any]) -> None:
    """Refuses an object type that could map nothing: one UNIQUE key, a PROFILE key, known fields and targets."""
    fields, keys = wanted.get("Fields") or {}, wanted.get("Keys") or {}
    every = [each for listed in keys.values() for each in listed]
    uniques = sum(UNIQUE in each.get("StandardIdentifiers", ()) for each in every)
    profiles = sum("PROFILE" in each.get("StandardIdentifiers", ()) for each in every)
    unknown = sorted({name for each in every for name in each.get("FieldNames", ())} - fields.keys())
    rules = (
        (len(keys) > MAX_KEYS, f"{len(keys)} keys; at most {MAX_KEYS}"),
        (uniques != 1, f"{uniques} UNIQUE keys; exactly one is needed"),
        (profiles == 0, "no PROFILE key; an object could belong to no profile"),
        (bool(unknown), f"keys name unknown fields {', '.join(unknown)}"),
    )
    for broken, reason in rules:
        if broken:
            raise _refused(reason)
    check_fields(fields)


def check_fields(fields: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses fields whose source or target leads nowhere."""
    for name, field in fields.items():
        source, target = field.get("Source", ""), field.get("Target")
        if not (_ACCESSOR.fullmatch(source) or "{{" in source):
            raise _refused(f"field {name}: Source {source!r}; expected _source.NAME or text with {{{{_source.NAME}}}}")
        if target is not None:
            max_length(target)


def values_of(fields: Mapping[str, Mapping[str, str]], source: Mapping[str, Any]) -> dict[str, str]:
    """Each field's text; fields that the object does not have are absent. Refuses what no profile takes."""
    values = {name: _value(field["Source"], source) for name, field in fields.items()}
    present = {name: value for name, value in values.items() if value is not None}
    for name, value in present.items():
        target = fields[name].get("Target")
        most = max_length(target) if target else None
        if target and value == "":
            raise _refused(f"field {name} is an empty text: what that does to {target} is not documented; leave it out or send a word")
        if most is not None and len(value) > most:
            raise _refused(f"field {name} has {len(value)} characters; {target} takes {most}")
    return present


def keys_in(wanted: Mapping[str, Any], values: Mapping[str, str]) -> list[tuple[str, str, frozenset[str]]]:
    """(key, value, identifiers) of every key whose fields the object has, those to match by first."""
    found = []
    for name, listed in (wanted.get("Keys") or {}).items():
        for each in listed:
            names = each.get("FieldNames", ())
            if names and all(values.get(field) for field in names):
                found.append((name, "|".join(values[field] for field in names), frozenset(each.get("StandardIdentifiers", ()))))
    return sorted(found, key=lambda each: SECONDARY in each[2])


def unique_key(type_name: str, keys: list[tuple[str, str, frozenset[str]]]) -> str:
    """The service's own name of an object, from its UNIQUE key; refuses an object that lacks it."""
    for name, value, identifiers in keys:
        if UNIQUE in identifiers:
            return base64.urlsafe_b64encode(hashlib.sha256(f"{type_name}\n{name}\n{value}".encode()).digest()).decode()
    raise _refused("the object lacks a field of its UNIQUE key")


def mapped(fields: Mapping[str, Mapping[str, str]], values: Mapping[str, str], profile: Mapping[str, Any]) -> Body:
    """The profile after the object: what a target names is replaced, the rest stays."""
    changed = {name: dict(value) if isinstance(value, dict) else value for name, value in profile.items()}
    for name, value in values.items():
        target = fields[name].get("Target")
        if target is None:
            continue
        _, first, *rest = target.split(".", 2)
        if rest:
            changed.setdefault(first, {})[rest[0]] = value
        else:
            changed[first] = value
    return changed


@cache
def max_length(target: str) -> int:
    """How many characters a target takes; refuses a target that the standard profile does not have."""
    first, _, rest = target.removeprefix("_profile.").partition(".")
    member = _profile().members.get(first) if target.startswith("_profile.") else None
    shape = None
    if member is not None and first == "Attributes" and rest:
        shape = member.value  # type: ignore[attr-defined]
    elif isinstance(member, StructureShape) and rest:
        shape = member.members.get(rest)
    elif member is not None and member.type_name == "string" and not rest and first != "ProfileId":
        shape = member
    if shape is None:
        raise _refused(f"Target {target!r} is no member of the standard profile; expected such as _profile.Attributes.NAME")
    return int(shape.metadata.get("max", _DEFAULT_MAX))


@cache
def _profile() -> StructureShape:
    shape = botocore.session.get_session().get_service_model("customer-profiles").shape_for("Profile")
    return cast(StructureShape, shape)


def _value(source: str, document: Mapping[str, Any]) -> str | None:
    if _ACCESSOR.fullmatch(source):
        return _text(_at(document, source))
    found = {accessor: _text(_at(document, accessor)) for accessor in _MACRO.findall(source)}
    if any(value is None for value in found.values()):
        return None
    return _MACRO.sub(lambda match: str(found[match[1]]), source)


def _at(document: Any, accessor: str) -> Any:
    for name in accessor.split(".")[1:]:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refused(reason: str) -> ServiceError:
    return ServiceError("BadRequestException", reason)
