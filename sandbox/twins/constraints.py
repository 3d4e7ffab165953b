"""Limits of a service's model that botocore's own validator leaves to the service: maximum, pattern, enum."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def violations(value: Any, shape: Shape, at: str = "") -> Iterator[str]:
    """One sentence per member of `value` that breaks a limit of `shape`, in the words AWS uses."""
    yield from _own(value, shape, at)
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in shape.members.items():
            if name in value:
                yield from violations(value[name], member, f"{at}.{name}" if at else name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for position, item in enumerate(value, start=1):
            yield from violations(item, shape.member, f"{at}.{position}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield from violations(key, shape.key, f"{at}.key")
            yield from violations(item, shape.value, f"{at}.{key}.value")


def _own(value: Any, shape: Shape, at: str) -> Iterator[str]:
    def says(rule: str) -> str:
        shown = "<sensitive>" if shape.metadata.get("sensitive") else _short(value)
        return f"Value '{shown}' at '{at}' failed to satisfy constraint: Member must {rule}"

    maximum = shape.metadata.get("max")
    if maximum is not None:
        if isinstance(value, str | bytes | list | dict) and len(value) > int(maximum):
            yield says(f"have length less than or equal to {maximum}")
        elif isinstance(value, int | float) and not isinstance(value, bool) and value > float(maximum):
            yield says(f"have value less than or equal to {maximum}")
    if isinstance(value, str):
        allowed = getattr(shape, "enum", None)
        if allowed and value not in allowed:
            yield says(f"satisfy enum value set: [{', '.join(allowed)}]")
        pattern = shape.metadata.get("pattern")
        if pattern and (compiled := _compiled(pattern)) and not compiled.fullmatch(value):
            yield says(f"satisfy regular expression pattern: {pattern}")


def _short(value: Any, length: int = 200) -> str:
    text = str(value)
    return text if len(text) <= length else f"{text[:length]}…"


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern for Python, or None for the few that use Java's Unicode classes, which Python lacks."""
    try:
        return re.compile(pattern)
    except re.error:
        return None
