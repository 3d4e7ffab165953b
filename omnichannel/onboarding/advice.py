"""What would work: for every reason of refusal, and for names that nearly are those of a contract."""

from collections.abc import Iterable
from difflib import get_close_matches

from omnichannel.contracts.datasets import Column, Dataset, Format, Type
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.decode import LONGEST_RECORD
from omnichannel.onboarding.recognise import FileRefused
from omnichannel.onboarding.rules import EARLIEST

CLOSE = 0.7
"""How alike two names must be (`difflib`'s ratio) for one to be taken for the other."""

GOOD = {
    Type.STRING: "text",
    Type.INTEGER: "a whole number such as 3",
    Type.DECIMAL: "a number such as 12.50: a point, no thousands separator, no currency sign",
    Type.BOOLEAN: "true or false",
    Type.DATE: "a date such as 1984-05-17",
    Type.TIMESTAMP: "a time such as 2026-10-03T08:15:00Z (without a zone it is taken as UTC)",
    Type.JSON: 'JSON such as {"key": "value"}',
}
EMPTY = "; leave it empty where there is none"
FORMS = {Format.CSV: "CSV", Format.JSON_LINES: "JSON lines", Format.PARQUET: "Parquet"}


def advice(dataset: Dataset, reason: Reason, column: str = "") -> str:
    """What would work instead, for a row that was refused for that reason."""
    wanted = next((c for c in dataset.landed_columns if c.name == column), None)
    match reason:
        case Reason.MISSING_VALUE:
            text = wanted is not None and wanted.type is Type.STRING and not wanted.values
            return "fill it in every row" if text else f"fill it in every row, with {_good(wanted)}"
        case Reason.WRONG_TYPE:
            return f"write {_good(wanted)}" + ("" if wanted is None or wanted.required else EMPTY)
        case Reason.UNKNOWN_VALUE:
            return f"one of {', '.join(wanted.values if wanted else ())}, spelled just so"
        case Reason.OUT_OF_RANGE:
            return f"write {_bounds(wanted)}"
        case Reason.TIME_OUT_OF_RANGE:
            return _times(wanted)
        case Reason.DUPLICATE_KEY:
            if dataset.changing:
                return "leave it out: it says of its key what the row before it said, at the same `source_ts`"
            return f"one row for every {' + '.join(f'`{key}`' for key in dataset.keys)}; the first one is kept"
        case Reason.MISSING_IDENTITY:
            return f"fill at least one of {', '.join(f'`{name}`' for name in dataset.one_of)}"
        case Reason.MISSING_EVENT_NAME:
            return "a track message needs the event's name in `event`"
        case Reason.MALFORMED_ROW:
            return "as many fields as the header has, quotes around texts with commas, two quotes for one inside; no zero bytes"
        case Reason.MALFORMED_JSON:
            return f"one JSON object on one line, of at most {LONGEST_RECORD >> 20} MiB"
        case _:
            return whole_file_advice(FileRefused(reason, column), dataset)


def whole_file_advice(refused: FileRefused, dataset: Dataset | None = None, header: Iterable[str] = ()) -> str:
    """What would work instead of a file that cannot be read at all; `header` are the names that it has."""
    match refused.reason:
        case Reason.UNKNOWN_PREFIX:
            return "land it under a known prefix; `omni datasets` lists them"
        case Reason.UNKNOWN_FORMAT:
            forms = (
                f"{dataset.name} comes as {_either(FORMS[form] for form in dataset.formats)}" if dataset else "CSV, JSON lines or Parquet"
            )
            return f"{forms}, as it is or gzipped: unpack an archive, save a workbook's sheet as such a file"
        case Reason.EMPTY_FILE:
            return "a file with at least a header or one line; send none when there is nothing to tell"
        case Reason.TRUNCATED_FILE:
            return "the whole file: this one ends too early; write it under another name first and rename it when it is complete"
        case Reason.WRONG_ENCODING:
            return "save the file as UTF-8" + (f"; line {refused.line} is the first that is not" if refused.line else "")
        case Reason.MISSING_COLUMN:
            return (
                _separated(header) or _headless(header, dataset) or "; ".join(_missing(name, header) for name in refused.column.split(","))
            )
        case Reason.DUPLICATE_COLUMN:
            return f"one column named {refused.column}, whatever its capitals"
        case Reason.TOO_MANY_BAD_ROWS:
            return "correct the rows, or send them in a file of their own, so that the good ones are not held up"
        case _:
            return "a file that its own format's tools can open, with a name that tells its format and lines that end in a line feed"


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that this one nearly is; empty when there is none."""
    spelled = {_plain(candidate): candidate for candidate in known}
    found = get_close_matches(_plain(name), spelled, n=1, cutoff=CLOSE)
    return spelled[found[0]] if found else ""


def meant_column(name: str, dataset: Dataset, present: Iterable[str]) -> str:
    """The column of the contract that an unknown one nearly is, or was once; columns that the file has are none."""
    there = set(present)
    former = {old: c.source for c in dataset.landed_columns for old in c.was}
    if name in former:
        return former[name]
    parent, _, leaf = name.rpartition(".")
    absent = {c.source.rpartition(".")[2]: c.source for c in dataset.landed_columns if c.name not in there and _parent(c) == parent}
    return absent.get(meant(leaf, absent), "")


def _parent(column: Column) -> str:
    """The object of a message in which the column stands; empty at the top, and in every table."""
    return column.source.rpartition(".")[0]


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _missing(name: str, header: Iterable[str]) -> str:
    other = meant(name, header)
    return f"add the column `{name}`" + (f", or is it `{other}` that you mean?" if other else "")


_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def _separated(header: Iterable[str]) -> str:
    """What would work for a header that other characters than commas separate; empty for any other."""
    names = list(header)
    found = [words for mark, words in _SEPARATORS.items() if len(names) == 1 and mark in names[0]]
    return f"commas between the columns: this file has {found[0]}" if found else ""


def _headless(header: Iterable[str], dataset: Dataset | None) -> str:
    """What would work for a first line that names no column of the contract; empty where it names one, or something like one."""
    names = list(header)
    known = {c.name for c in dataset.landed_columns} if dataset else set()
    if not names or not known or any(name.lower() in known or meant(name, known) for name in names):
        return ""
    return "the names of the columns in the first line: the one of this file has none of them"


def _good(column: Column | None) -> str:
    if column is None:
        return "a value"
    return f"one of {', '.join(column.values)}" if column.values else GOOD[column.type]


def _bounds(column: Column | None) -> str:
    if column is None:
        return "a number that fits"
    if column.minimum is not None and column.maximum is not None:
        return f"a number from {column.minimum} to {column.maximum}"
    if column.minimum is not None:
        return f"{column.minimum} or more"
    if column.exclusive_minimum is not None:
        return f"more than {column.exclusive_minimum}"
    return "at most 14 digits before the point" if column.type is Type.DECIMAL else "a number of at most 18 digits"


def _times(column: Column | None) -> str:
    if column is not None and not column.required:
        return f"a time between 0001-01-02 and 9999-12-30{EMPTY}"
    return f"a time between {EARLIEST:%Y-%m-%d} and a day after the file arrives; an epoch needs to become ISO 8601"


def _either(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last
