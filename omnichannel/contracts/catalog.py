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

PSEUDONYMS = frozenset({"customer_id", "other_customer_id", "customer_ref", "segment_id"})
"""Columns that single a person out without naming one."""

HASHES = frozenset({"email_sha256", "phone_sha256", "value_hash", "id_value_hash"})
"""Hashes of what whoever has a list of addresses can try out: as good as the value."""


def exposure(found: Column) -> Exposure:
    """Of a column of a data set, by the contract's own mark for personal data."""
    return Exposure.DIRECT if found.personal else _by_name(found.name)


def _by_name(column: str) -> Exposure:
    if column in HASHES:
        return Exposure.DIRECT
    return Exposure.INDIRECT if column in PSEUDONYMS else Exposure.NONE


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a plain file. `type` is Athena's word for it; times of JSON lines are ISO 8601 texts."""

    name: str
    type: str = "string"
    meaning: str

    @property
    def exposure(self) -> Exposure:
        """By its name: plain files hold no value that names a person."""
        return _by_name(self.name)


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
        _f("reasons", "features that raise (+) or lower (-) the score, strongest first; empty: not explained", "array<string>"),
        _f("model_version", "which trained model scored"),
        _f("as_of", "only what was known before this day counted", "date"),
    ),
)
SEGMENTS = PlainTable(
    name="customer_segments",
    zone=Zone.LAKE,
    prefix=f"{zones.SEGMENTS}/",
    format=Format.PARQUET,
    partitions=(Partition(name="segmented_as_of", meaning="the same as as_of; narrows what is read"),),
    path="as_of=${segmented_as_of}/",
    meaning="every customer's segment in every run; a customer has one a run",
    fields=(
        _f("customer_id", "our resolved id"),
        _f("segment", "the segment's id; it stays as long as the segment lives"),
        _f("segment_name", "what sets its customers apart, in words"),
        _f("distance", "to the middle of the segment, in standard deviations", "double"),
        _f("rfm", "recency, frequency and value in one word"),
        _f("rfm_cell", "their fifths as digits, 5 best; empty for who never bought"),
        _f("lifecycle", "prospect, new, active, dormant or churned"),
        _f("as_of", "only what was known before this day counted", "date"),
    ),
)
CUSTOMER_VIEW = PlainTable(
    name="customer_view",
    zone=Zone.LAKE,
    prefix=zones.view_export("customer_view"),
    format=Format.PARQUET,
    meaning="one row a customer as of the last rebuild of the view: no name, no address, no reference of the retailer's",
    fields=(
        _f("customer_id", "our resolved id"),
        _f("email_sha256", "of the normal form of the e-mail address"),
        _f("phone_sha256", "of the number in E.164"),
        _f("country", "as the CRM has it"),
        _f("region", "as the CRM has it"),
        _f("language", "as the CRM has it"),
        _f("timezone", "as the CRM has it"),
        _f("age_band", "in years; empty for an unknown or impossible birth date"),
        _f("created_at", "first known to the CRM", "timestamp"),
        _f("orders", "completed orders ever", "bigint"),
        _f("recent_orders", "those of the recent past", "bigint"),
        _f("first_order_at", "of completed orders", "timestamp"),
        _f("last_order_at", "of completed orders", "timestamp"),
        _f("discount_share", "how much of what was ordered was discount, 0 to 1", "double"),
        _f("returns", "returns ever", "bigint"),
        _f("last_return_at", "the newest return", "timestamp"),
        _f("subscriptions", "active ones", "bigint"),
        _f("renews_at", "when the next subscription renews", "timestamp"),
        _f("views", "product views, within the days that interests count", "bigint"),
        _f("carts", "products put into the cart, within those days", "bigint"),
        _f("wishes", "products saved for later, within those days", "bigint"),
        _f("searches", "searches, within those days", "bigint"),
        _f("visits", "visits, within those days", "bigint"),
        _f("last_seen_at", "the newest event", "timestamp"),
        _f("tickets", "support tickets ever", "bigint"),
        _f("last_ticket_at", "the newest ticket", "timestamp"),
        _f("average_csat", "satisfaction with support, 1 to 5", "double"),
        _f("delivered", "messages delivered", "bigint"),
        _f("opened", "messages opened", "bigint"),
        _f("clicked", "messages clicked", "bigint"),
        _f("frequency", "segment by how often they order"),
        _f("lifecycle", "segment by how far along they are"),
        _f("demographic", "country and age band"),
        _f("without_crm", "known from orders alone", "boolean"),
        _f("without_address", "neither e-mail nor phone", "boolean"),
        _f("without_country", "no country", "boolean"),
        _f("odd_birth_date", "a birth date that is no living person's", "boolean"),
        _f("address_bounced", "messages came back", "boolean"),
    ),
)
OUTCOMES = PlainTable(
    name="outcomes",
    zone=Zone.LAKE,
    prefix=zones.view_export("outcomes"),
    format=Format.PARQUET,
    meaning="one row a customer, campaign and run that decided for it: what followed, as of the last rebuild of the view",
    fields=(
        _f("customer_id", "our resolved id"),
        _f("campaign", "of the playbook"),
        _f("run", "the activation run"),
        _f("action", "what was decided for"),
        _f("channel", "where"),
        _f("decided_at", "when", "timestamp"),
        _f("ends_at", "when the campaign's window is over", "timestamp"),
        _f("sent", "delivered to a messaging channel", "boolean"),
        _f("delivered", "the sender reported that it arrived", "boolean"),
        _f("opened", "reported", "boolean"),
        _f("clicked", "reported", "boolean"),
        _f("bounced", "reported, and for good", "boolean"),
        _f("complained", "reported", "boolean"),
        _f("unsubscribed", "reported", "boolean"),
        _f("orders", "completed orders within the window", "bigint"),
        _f("revenue", "what they sum up to", "decimal(18,4)"),
        _f("closed", "the window is over", "boolean"),
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

PLAIN_TABLES: tuple[PlainTable, ...] = (QUARANTINE_RECORDS, LEDGER_ROWS, SCORES, SEGMENTS, CUSTOMER_VIEW, OUTCOMES, QUALITY_RESULTS)
"""Every table over plain files."""
