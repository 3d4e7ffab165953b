"""What a data set and its columns are made of: types, formats, checks, personal data, lineage."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """The type of a column; `DECIMAL` is money or a rate with at most four decimals (decimal(18,4))."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


class Format(StrEnum):
    """How a landed file is written; each may also be gzipped except Parquet."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


class Pii(StrEnum):
    """What kind of personal data a column holds; the value of the tag that the catalogue shows and grants by."""

    EMAIL = "email"
    PHONE = "phone"
    CONTACT = "contact"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    IDENTIFIER = "identifier"
    CONTENT = "content"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column and its checks.

    `path` names where the value stands in a JSON message (dotted); empty means the column's own name.
    `minimum` and `exclusive_minimum` bound numbers; `values` closes an enumeration.
    `was` lists names that the trusted column had before: a migration renames it, and its data stay.
    `kind` says which personal data a `personal` column holds (`Pii.CONTENT`: anything a person or a page may have put there).
    """

    name: str
    type: Type = Type.STRING
    required: bool = False
    key: bool = False
    personal: bool = False
    kind: Pii | None = None
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    exclusive_minimum: int | None = None
    path: str = ""
    was: tuple[str, ...] = ()
    meaning: str = ""

    @property
    def source(self) -> str:
        """The dotted path of the value in a JSON message."""
        return self.path or self.name

    @property
    def pii(self) -> Pii | None:
        """The kind of personal data that stands here, `None` where there is none."""
        return (self.kind or Pii.IDENTIFIER) if self.personal else None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One data set: its landing prefixes, formats and columns.

    `changing` data sets arrive as full loads and changes (`Op`, `source_ts`) and are kept as `<table>_changes`.
    `also` lists further prefixes where files of the same contract land.
    `one_of` lists columns of which a row needs at least one. A file with a larger share of bad rows than `tolerated_share`
    is refused whole.
    """

    name: str
    prefix: str
    formats: tuple[Format, ...]
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()
    changing: bool = False
    needed: bool = False
    one_of: tuple[str, ...] = ()
    ordered_by: str
    tolerated_share: float = 0.05
    meaning: str = ""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Every landing prefix of the data set, the main one first."""
        return (self.prefix, *self.also)

    @property
    def table(self) -> str:
        """The name of the trusted Iceberg table that receives this data set's rows."""
        base = self.name.rsplit("/", 1)[-1].replace("-", "_")
        return f"{base}_changes" if self.changing else base

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that together name one record."""
        return tuple(c.name for c in self.columns if c.key)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a file, or a row, cannot be trusted."""
        return tuple(c.name for c in self.columns if c.required)

    @property
    def landed_columns(self) -> tuple[Column, ...]:
        """The columns of a landed file: the data set's own, after `Op` and `source_ts` where it changes."""
        return (*CHANGE_COLUMNS, *self.columns) if self.changing else self.columns

    @property
    def trusted_columns(self) -> tuple[Column, ...]:
        """The columns of the trusted table: the landed ones (lower case) and the lineage."""
        lineage = (*LINEAGE_COLUMNS, SEQUENCE_COLUMN) if self.changing else LINEAGE_COLUMNS
        return (*self.landed_columns, *lineage)


def column(name: str, type: Type = Type.STRING, flags: str = "", kind: Pii | None = None, **more: object) -> Column:
    """A column with flags: `*` key, `!` required, `@` personal data (of `kind`)."""
    return Column(name=name, type=type, key="*" in flags, required="!" in flags, personal="@" in flags, kind=kind, **more)  # type: ignore[arg-type]


CHANGE_COLUMNS = (
    column("op", values=("I", "U", "D"), path="Op", meaning="insert, update or delete; a full load without it means insert"),
    column("source_ts", Type.TIMESTAMP, "!", meaning="when the source made the change"),
)
"""What DMS adds to every row of a changing data set. The landed header spells the first one `Op`."""

LINEAGE_COLUMNS = (
    column("_content_id", flags="!", meaning="which landed content the row came from (hash of the bytes and the data set)"),
    column("_line", Type.INTEGER, "!", meaning="the row's line in the landed file, counted from 1 without the header"),
)

SEQUENCE_COLUMN = column("_sequence", Type.INTEGER, meaning="the file's place among change files: the digits of its name's time; 0 = none")
"""Orders changes of one commit time: DMS writes them in order, into files that are named `yyyymmdd-hhmmssmmm`."""

_CHANGE_FILE = re.compile(r"(\d{8})-(\d{9})\.[^/]*$")


def sequence_of(key: str) -> int:
    """The `_sequence` of every row of the file at a landed key: 20261101120000500 of `…/20261101-120000500.csv`, 0 of a full load."""
    found = _CHANGE_FILE.search(key)
    return int(found[1] + found[2]) if found else 0
