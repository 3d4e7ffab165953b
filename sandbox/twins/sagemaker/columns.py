"""The JSONPath that batch transform understands for CSV records: `$`, `$[n]`, `$[a:b]`, `$[i,j]`."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_INDEX = r"-?\d+"


class ColumnsError(ValueError):
    """A filter that is not understood, or a record that lacks what it asks for."""


@dataclass(frozen=True)
class Columns:
    """Picks a record's columns; `whole` when it picks all of them.

    Most lines have no quotes. What such a line is asked for stands between two of its commas, and cutting it out there takes a
    fraction of the time that a list of all columns takes.
    """

    of_record: Callable[[Sequence[str]], list[str]]
    of_plain_line: Callable[[str], str]
    whole: bool = False

    def __call__(self, record: Sequence[str]) -> list[str]:
        """The columns of a record. ColumnsError when it has too few."""
        return self.of_record(record)

    def of_line(self, line: str) -> str:
        """The same for a record as a line of CSV."""
        plain = self.of_plain_line(line) if '"' not in line else ""
        return plain or write_record(self.of_record(read_record(line)))


def columns(path: str | None) -> Columns:
    """The columns that a path picks. ColumnsError for a path that CSV records do not have."""
    text = re.sub(r"\s", "", path or "$")
    if text == "$":
        return Columns(list, lambda line: line, whole=True)
    if match := re.fullmatch(rf"\$\[({_INDEX})?:({_INDEX})?\]", text):
        first, last = (int(group) if group else None for group in match.groups())
        return Columns(lambda record: list(record[first:last]), _slice_of_line(first, last))
    if match := re.fullmatch(rf"\$\[({_INDEX}(?:,{_INDEX})*)\]", text):
        wanted = [int(each) for each in match[1].split(",")]
        return Columns(
            lambda record: _pick(record, wanted, text), lambda line: ",".join([_column_of_line(line, index, text) for index in wanted])
        )
    raise ColumnsError(f"{path!r} is not a filter for CSV; expected $, $[n], $[a:b] or $[i,j]")


def read_record(line: str) -> list[str]:
    """The columns of one CSV line."""
    return next(csv.reader([line]), [])


def write_record(record: Sequence[str]) -> str:
    """One CSV line without its end; quotes only where they are needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(record)
    return text.getvalue()


def _slice_of_line(first: int | None, last: int | None) -> Callable[[str], str]:
    if last is None and first is not None and first >= 0:
        return lambda line: line.split(",", first)[first] if line.count(",") >= first else ""
    return lambda line: ",".join(line.split(",")[first:last])


def _column_of_line(line: str, index: int, path: str) -> str:
    count = line.count(",") + 1
    if not -count <= index < count:
        raise _lacking(path, count)
    return line.split(",", index + 1)[index] if index >= 0 else line.rsplit(",", -index)[index]


def _pick(record: Sequence[str], wanted: Sequence[int], path: str) -> list[str]:
    try:
        return [record[index] for index in wanted]
    except IndexError:
        raise _lacking(path, len(record)) from None


def _lacking(path: str, count: int) -> ColumnsError:
    return ColumnsError(f"{path} asks for a column that a record with {count} columns lacks")
