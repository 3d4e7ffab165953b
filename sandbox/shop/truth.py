"""What is known about a generated landing folder: how much is good, and every record that was made bad on purpose."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import orjson

from omnichannel.contracts.reasons import Reason

FILE_NAME = "truth.json"


@dataclass(frozen=True, order=True)
class BadRecord:
    """One record that must be refused. `file` is the landing key, `line` the record's number from 1 (0 = the whole file),
    `column` the contract's name of the column, empty where the row or the file as such is wrong."""

    file: str
    line: int
    column: str
    reason: Reason


@dataclass(frozen=True)
class Rows:
    """Rows of a data set in files that can be read: all that landed, and those that keep the contract."""

    landed: int = 0
    good: int = 0


@dataclass(frozen=True)
class Shared:
    """One identifier that belongs to nobody: its type as resolution names it, SHA-256 of the value, and how many customers had it."""

    id_type: str
    value_hash: str
    refs: int


@dataclass(frozen=True)
class Identity:
    """Who is behind the records: references (`customer_ref`) of one person, how many persons are known by their orders' e-mail
    address alone, and identifiers that strangers share."""

    same_person: list[list[str]] = field(default_factory=list)
    guests: int = 0
    shared: list[Shared] = field(default_factory=list)


@dataclass
class Truth:
    """Everything that a test may hold onboarding to; `duplicates` maps a file to the earlier one with the same bytes."""

    seed: int
    as_of: str
    customers: int
    files: int = 0
    rows: dict[str, Rows] = field(default_factory=dict)
    bad: list[BadRecord] = field(default_factory=list)
    duplicates: dict[str, str] = field(default_factory=dict)
    identity: Identity = field(default_factory=Identity)

    def count(self, dataset: str, *, landed: int, good: int) -> None:
        """Adds one readable file's rows."""
        before = self.rows.get(dataset, Rows())
        self.rows[dataset] = Rows(before.landed + landed, before.good + good)

    @property
    def refused_files(self) -> list[BadRecord]:
        """The files that are refused as a whole."""
        return [record for record in self.bad if record.line == 0]

    @property
    def bad_rows(self) -> list[BadRecord]:
        """The refused rows of files that can be read."""
        return [record for record in self.bad if record.line > 0]

    def write(self, path: Path) -> None:
        """As readable JSON."""
        path.write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2) + b"\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` wrote."""
        stored = orjson.loads(path.read_bytes())
        stored["rows"] = {name: Rows(**rows) for name, rows in stored["rows"].items()}
        stored["bad"] = [BadRecord(**{**record, "reason": Reason(record["reason"])}) for record in stored["bad"]]
        identity = stored["identity"]
        stored["identity"] = Identity(**{**identity, "shared": [Shared(**shared) for shared in identity["shared"]]})
        return cls(**stored)
