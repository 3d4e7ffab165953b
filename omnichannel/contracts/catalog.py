"""Tables over plain files of the lake, for whoever asks with SQL: where they lie, their columns, and whom each column gives away.

CloudFormation makes these, from this list. Iceberg tables are not here: `omni migrate` makes those from the data sets.
"""

from dataclasses import dataclass
from enum import StrEnum

from omnichannel.contracts import zones
from omnichannel.contracts.datasets import Column, Format
from omnichannel.contracts.ledger import Flow
from omnichannel.contracts.scores import Model


class Zone(StrEnum):
    """The bucket that a table's files lie in."""

    LAKE = "lake"
    QUARANTINE = "quarantine"


class Exposure(StrEnum):
    """How much of a person a column shows: nothing, a pseudonym that only we can resolve, or the person."""

    NONE = "none"
    INDIRECT = "indirect"
    DIRECT = "direct"


EXPOSURE_TAG = "pii"
"""The Lake Formation tag whose values are those of `Exposure`."""

PSEUDONYMS = frozenset({"customer_id", "other_customer_id", "customer_ref", "value_hash", "id_value_hash", "segment_id"})
"""Columns that single a person out without naming one."""


def exposure(found: Column) -> Exposure:
    """Of a column of a data set, by the contract's own mark for personal data."""
    if found.personal:
        return Exposure.DIRECT
    return Exposure.INDIRECT if found.name in PSEUDONYMS else Exposure.NONE


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a plain file. `type` is Athena's word for it; times of JSON lines are ISO 8601 texts."""

    name: str
    type: str = "string"
    meaning: str

    @property
    def exposure(self) -> Exposure:
        """No plain file names a person."""
        return Exposure.INDIRECT if self.name in PSEUDONYMS else Exposure.NONE


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A part of the key that is a column too: one of `values`, or a date when there are none."""

    name: str
    values: tuple[str, ...] = ()
    meaning: str

    @property
    def type(self) -> str:
        """Athena's word for its type."""
        return "string" if self.values else "date"


@dataclass(frozen=True, kw_only=True)
class PlainTable:
    """Files of one form below a prefix. `path` places the partitions under it, as in `model=${model}/`."""

    name: str
    zone: Zone
    prefix: str
    format: Format
    fields: tuple[Field, ...]
    partitions: tuple[Partition, ...] = ()
    path: str = ""
    meaning: str


def _f(name: str, meaning: str, type: str = "string") -> Field:
    return Field(name=name, type=type, meaning=meaning)


QUARANTINE_RECORDS = PlainTable(
    name="quarantine_records",
    zone=Zone.QUARANTINE,
    prefix="",
    format=Format.JSON_LINES,
    meaning="every row that was refused, with file, line, column and reason; of the value only its hash",
    fields=(
        _f("dataset", "the data set that the file was landed for"),
        _f("file", "the landed key"),
        _f("line", "counted from 1; 0 is the file as a whole", "bigint"),
        _f("column", "empty where the whole row is meant"),
        _f("reason", "one of the closed list of reasons"),
        _f("value_hash", "SHA-256 of the refused value"),
        _f("batch", "the content id of the landed file"),
        _f("at", "when it was refused"),
    ),
)
LEDGER_ROWS = PlainTable(
    name="ledger_rows",
    zone=Zone.LAKE,
    prefix=f"{zones.LEDGER}/",
    format=Format.JSON_LINES,
    partitions=(
        Partition(name="flow", values=tuple(f.value for f in Flow if f is not Flow.ONBOARDING), meaning="which flow kept the ledger"),
    ),
    path="flow=${flow}/",
    meaning="what became of every customer or event at every sink; rows without a status are a run's summary file",
    fields=(
        _f("run", "the activation run, or the part of live events"),
        _f("customer_id", "our resolved id"),
        _f("sink", "who received it, or did not"),
        _f("status", "delivered, withheld, rejected or dead_lettered"),
        _f("reason", "why it was withheld or rejected"),
        _f("message_id", "the id that the sink knows it by"),
        _f("at", "when it was decided"),
    ),
)
SCORES = PlainTable(
    name="scores",
    zone=Zone.LAKE,
    prefix=f"{zones.SCORES}/",
    format=Format.PARQUET,
    partitions=(
        Partition(name="model", values=tuple(m.value for m in Model), meaning="churn or repurchase"),
        Partition(name="scored_as_of", meaning="the same as as_of; narrows what is read"),
    ),
    path="model=${model}/as_of=${scored_as_of}/",
    meaning="every score of every run; a customer has one a run",
    fields=(
        _f("customer_id", "our resolved id"),
        _f("score", "the propensity, 0 to 1", "double"),
        _f("band", "the score in words: low, medium, high"),
        _f("decile", "10 for the tenth with the highest scores", "int"),
        _f("reasons", "what drove the score most, strongest first", "array<string>"),
        _f("model_version", "which trained model scored"),
        _f("as_of", "only what was known before this day counted", "date"),
    ),
)
QUALITY_RESULTS = PlainTable(
    name="quality_results",
    zone=Zone.LAKE,
    prefix=f"{zones.QUALITY}/",
    format=Format.JSON_LINES,
    partitions=(Partition(name="checked_on", meaning="the day of the check, UTC"),),
    path="date=${checked_on}/",
    meaning="what each data quality rule found at each check",
    fields=(
        _f("rule", "the rule's name, such as orders.total.complete"),
        _f("kind", "completeness, uniqueness, integrity, freshness, range, duplicates, quarantine, match or tracking"),
        _f("table_name", "the table that was checked"),
        _f("column", "the column, where it is about one"),
        _f("checked", "how many rows were looked at", "bigint"),
        _f("failed", "how many of them break the rule", "bigint"),
        _f("value", "the share that keeps the rule, or the measured number", "double"),
        _f("threshold", "what the value must reach, or must not exceed for an age in hours", "double"),
        _f("passed", "whether it does", "boolean"),
        _f("at", "when it was checked"),
    ),
)

PLAIN_TABLES: tuple[PlainTable, ...] = (QUARANTINE_RECORDS, LEDGER_ROWS, SCORES, QUALITY_RESULTS)
"""Every table over plain files."""
