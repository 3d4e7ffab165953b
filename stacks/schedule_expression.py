"""Schedule expressions as EventBridge Scheduler reads them, checked before anything is deployed."""

import re

from stacks.knobs import SettingsError

EXAMPLE = "cron(0 6 * * ? *)"
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("minutes", 0, 59, []),
    ("hours", 0, 23, []),
    ("day of month", 1, 31, []),
    ("month", 1, 12, MONTHS),
    ("day of week", 1, 7, WEEKDAYS),
    ("year", 1970, 2199, []),
)
"""Of a cron expression: name, least and most value, and the names that its values have from 1 on."""

_CRON = re.compile(r"cron\((.+)\)$")
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)$")
_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/[1-9]\d*)?$")
_SPECIAL = {"day of month": re.compile(r"\?$|L(?:-\d{1,2})?$|LW$|\d{1,2}W$"), "day of week": re.compile(r"\?$|L$|[1-7A-Z]+L$|\w+#[1-5]$")}


def schedule(name: str, value: str) -> None:
    """The value is a cron or rate expression. Raises `SettingsError` that says which part is not."""
    if _RATE.match(value):
        return
    found = _CRON.match(value)
    parts = found[1].split() if found else []
    if len(parts) != len(FIELDS):
        raise SettingsError(f"{name}={value!r} is no schedule; expected six fields as in {EXAMPLE}, or rate(1 day)")
    for part, (field, least, most, names) in zip(parts, FIELDS, strict=True):
        if not _fits(part, field, least, most, names):
            raise SettingsError(f"{name}={value!r}: {part!r} is no {field} ({least} to {most}); expected e.g. {EXAMPLE}")
    if [parts[2], parts[4]].count("?") != 1:
        raise SettingsError(f"{name}={value!r} says both day of month and day of week, or neither; expected ? for one of them: {EXAMPLE}")


def _fits(text: str, field: str, least: int, most: int, names: list[str]) -> bool:
    special = _SPECIAL.get(field)
    return bool(special and special.match(text)) or all(_in_range(part, least, most, names) for part in text.split(","))


def _in_range(part: str, least: int, most: int, names: list[str]) -> bool:
    found = _PART.match(part)
    values = [v for v in (found["first"], found["last"]) if v] if found else [""]
    numbers = [names.index(v.upper()) + 1 if v.upper() in names else int(v) if v.isdigit() else -1 for v in values]
    return all(least <= number <= most for number in numbers)
