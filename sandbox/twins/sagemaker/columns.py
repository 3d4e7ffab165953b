"""The JSONPath that batch transform understands for CSV records: `$`, `$[n]`, `$[a:b]`, `$[i,j]`."""

import csv
import io
import re
from collections.abc import Callable, Sequence

Columns = Callable[[Sequence[str]], list[str]]
_INDEX = r"-?\d+"


class ColumnsError(ValueError):
    """A filter that is not understood, or a record that lacks what it asks for."""


def columns(path: str | None) -> Columns:
    """The function that picks a record's columns. ColumnsError for a path that CSV records do not have."""
    text = re.sub(r"\s", "", path or "$")
    if text == "$":
        return list
    if match := re.fullmatch(rf"\$\[({_INDEX})?:({_INDEX})?\]", text):
        first, last = (int(group) if group else None for group in match.groups())
        return lambda record: list(record[first:last])
    if match := re.fullmatch(rf"\$\[({_INDEX}(?:,{_INDEX})*)\]", text):
        wanted = [int(each) for each in match[1].split(",")]
        return lambda record: _pick(record, wanted, text)
    raise ColumnsError(f"{path!r} is not a filter for CSV; expected $, $[n], $[a:b] or $[i,j]")


def read_record(line: str) -> list[str]:
    """The columns of one CSV line."""
    return next(csv.reader([line]), [])


def write_record(record: Sequence[str]) -> str:
    """One CSV line without its end; quotes only where they are needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(record)
    return text.getvalue()


def _pick(record: Sequence[str], wanted: Sequence[int], path: str) -> list[str]:
    try:
        return [record[index] for index in wanted]
    except IndexError:
        raise ColumnsError(f"{path} asks for a column that a record with {len(record)} columns lacks") from None
