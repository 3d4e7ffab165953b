"""A data quality rule, and what a check of it found. Plain values; the SQL is DuckDB's."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a rule is about."""

    COMPLETENESS = "completeness"
    VALUES = "values"
    RANGE = "range"
    UNIQUENESS = "uniqueness"
    DUPLICATES = "duplicates"
    INTEGRITY = "integrity"
    FRESHNESS = "freshness"
    QUARANTINE = "quarantine"
    MATCH = "match"
    TRACKING = "tracking"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. Either `breaks`, a condition on rows of `table` (of those that `where` holds for), or `sql`, a query whose one row has
    `checked` and `failed` and, where a number is measured instead, `value`.

    `threshold` is the share of rows that must keep the rule, 0 to 1; of a freshness the hours that data may be old at most.
    `reads` are the transformations that the rule needs.
    """

    name: str
    kind: Kind
    table: str
    reads: tuple[str, ...]
    threshold: float
    column: str = ""
    breaks: str = ""
    where: str = "TRUE"
    sql: str = ""

    def holds(self, value: float | None) -> bool:
        """Whether a measured value keeps the rule; nothing to look at breaks none."""
        if value is None:
            return True
        return value <= self.threshold if self.kind is Kind.FRESHNESS else value >= self.threshold


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one check of one rule found, as a row of `quality_results`: `checked` and `failed` in rows, `at` ISO 8601 UTC.

    `value` is the share that kept the rule, or hours; None when there was nothing to check.
    """

    rule: str
    kind: Kind
    table_name: str
    column: str
    checked: int
    failed: int
    value: float | None
    threshold: float
    passed: bool
    at: str

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return asdict(self)


def result(rule: Rule, checked: int, failed: int, value: float | None, at: str) -> Result:
    """The outcome of a rule from what its query counted; `value` is the share that kept it unless it was measured."""
    if value is None and checked:
        value = 1 - failed / checked
    return Result(
        rule=rule.name, kind=rule.kind, table_name=rule.table, column=rule.column, checked=checked, failed=failed,
        value=None if value is None else round(value, 6), threshold=rule.threshold, passed=rule.holds(value), at=at,
    )  # fmt: skip
