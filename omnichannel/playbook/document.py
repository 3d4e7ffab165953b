"""A YAML file of `playbook/`, and dataclasses made of its parts; what does not fit is refused by its place in the file."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "playbook"
"""Beside the packages, in the checkout as in the bundle that travels to jobs."""

T = TypeVar("T")


_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class UnusablePlaybook(ValueError):
    """A file of the playbook says what nobody can follow; the message names the place and what would work."""


class _Loader(yaml.SafeLoader):
    """Plain values only, and every name once."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if name in lines:
                raise yaml.YAMLError(f"{key.value} is there twice, in lines {lines[name]} and {line}; expected every name once")
            lines[name] = line
        return node


def read(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The content of `<name>.yaml`; raises `UnusablePlaybook`."""
    path = folder / f"{name}.yaml"
    try:
        content = yaml.load(text(path), _Loader)  # noqa: S506 - a safe loader's own kind
    except FileNotFoundError as missing:
        raise UnusablePlaybook(f"{path} is not there; the playbook travels beside the packages") from missing
    except yaml.YAMLError as broken:
        raise UnusablePlaybook(f"{path.name} is no YAML: {broken}") from broken
    return mapping(content, path.name)


def text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark; raises `UnusablePlaybook`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as other:
        raise UnusablePlaybook(f"{path.name} is no text in UTF-8 (byte {other.start}); expected it saved as UTF-8") from other


def mapping(value: Any, place: str) -> dict[str, Any]:
    """The value, if it has names; raises `UnusablePlaybook`."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise UnusablePlaybook(f"{place} is {_shown(value)}; expected names with values")
    return dict(value)


def filled(kind: type[T], value: Any, place: str) -> T:
    """A dataclass of numbers and texts: every field, no other; raises `UnusablePlaybook`."""
    given, types = mapping(value, place), get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    refuse_unknown(given, known, place)
    missing = [name for name, f in known.items() if name not in given and f.default is MISSING]
    if missing:
        raise UnusablePlaybook(f"{place} lacks {', '.join(missing)}")
    return kind(**{name: _typed(types[name], content, f"{place}.{name}") for name, content in given.items()})


def refuse_unknown(given: Mapping[str, Any], known: Mapping[str, Any] | tuple[str, ...], place: str) -> None:
    """Raises `UnusablePlaybook` for a name that is none of the known ones."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(known)}")


def within(value: float, low: float, high: float, place: str) -> None:
    """Raises `UnusablePlaybook` unless low <= value <= high."""
    if not low <= value <= high:
        raise UnusablePlaybook(f"{place} is {value:g}; expected {low:g} to {high:g}")


def names(value: Any, place: str) -> tuple[str, ...]:
    """A list of texts, at least one, each once; raises `UnusablePlaybook`."""
    listed = isinstance(value, list) and bool(value) and all(isinstance(each, str) and each.strip() for each in value)
    if not listed or len(set(value)) < len(value):
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a list of names, each once, such as [one, other]")
    return tuple(value)


def _typed(kind: type, value: Any, place: str) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is float and whole:
        return float(value)
    if type(value) is not kind:
        raise UnusablePlaybook(f"{place} is {_shown(value)}; expected {_WORDS[kind]}")
    return value


def _shown(value: Any) -> str:
    return "empty" if value is None else repr(value)[:60]
