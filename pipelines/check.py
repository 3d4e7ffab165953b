"""The data check: is every data set still arriving, and do the features say anything?

A data set has a rhythm: the days between days that have rows of it. It is silent when nothing came for far longer than that.
"""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import ibis

from omnichannel.contracts.datasets import Dataset
from pipelines.engine import Engine, answer
from pipelines.features.registry import moment
from pipelines.source import READ, trusted
from pipelines.tasks import SilentDataSetError

PATIENCE_DAYS = 14
"""No data set is called silent sooner: shops close for holidays, and feeds pause."""
PATIENCE_GAPS = 3
"""Nor before so many times its usual gap."""
USUAL_SHARE = 0.95
"""Of the gaps, so many are no longer than the usual one."""
LEAST_DAYS = 5
"""A data set with rows of fewer days has no rhythm: a catalog that was loaded once is not silent."""
LOOKED_AT_DAYS = 180

ABSENT, NO_RHYTHM, ARRIVING, SILENT = "absent", "no rhythm", "arriving", "silent"


@dataclass(frozen=True, kw_only=True)
class DataSetCheck:
    """What is known of one data set before the date: `silent_days` are whole days without rows since the newest."""

    name: str
    needed: bool
    rows: int
    newest_day: date | None = None
    silent_days: int | None = None
    usual_gap_days: int | None = None
    verdict: str = ABSENT

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON values."""
        return {**asdict(self), "newest_day": self.newest_day.isoformat() if self.newest_day else None}


def data_sets(engine: Engine, as_of: date) -> list[DataSetCheck]:
    """Every data set that features read, as of a date. Of events only the files that features read are looked at."""
    return [_checked(dataset, _days(engine, dataset, as_of), as_of) for dataset in READ]


def refuse_silent(checks: Sequence[DataSetCheck], as_of: date) -> None:
    """Raises `SilentDataSetError` when a data set stopped arriving that nothing works without."""
    for check in checks:
        if check.needed and check.verdict == SILENT:
            raise SilentDataSetError(
                f"{check.name} stopped arriving: its newest row before {as_of} is of {check.newest_day}, {check.silent_days} days without "
                f"one, and usually {check.usual_gap_days} pass; land what is missing, or take an as-of date up to "
                f"{(check.newest_day or as_of) + timedelta(days=1)}"
            )


def warnings(checks: Sequence[DataSetCheck]) -> list[str]:
    """What somebody should look at although the step goes on."""
    return [
        f"{c.name} stopped arriving: nothing since {c.newest_day}, and usually {c.usual_gap_days} days pass; its features look like silence"
        for c in checks
        if c.verdict == SILENT
    ]


def _days(engine: Engine, dataset: Dataset, as_of: date) -> list[dict[str, Any]]:
    rows = trusted(dataset)
    before = rows.filter(rows[dataset.ordered_by] < moment(as_of)).select(day=ibis._[dataset.ordered_by].date())
    counted = before.group_by("day").agg(rows=before.count())
    return answer(engine, counted.order_by("day"))


def _checked(dataset: Dataset, found: Sequence[dict[str, Any]], as_of: date) -> DataSetCheck:
    rows = sum(each["rows"] for each in found)
    if not found:
        return DataSetCheck(name=dataset.name, needed=dataset.needed, rows=0)
    newest = found[-1]["day"]
    silent, usual = (as_of - newest).days - 1, usual_gap([each["day"] for each in found])
    verdict = NO_RHYTHM if usual is None else SILENT if silent > max(PATIENCE_DAYS, PATIENCE_GAPS * usual) else ARRIVING
    return DataSetCheck(
        name=dataset.name,
        needed=dataset.needed,
        rows=rows,
        newest_day=newest,
        silent_days=silent,
        usual_gap_days=usual,
        verdict=verdict,
    )


def usual_gap(days: Sequence[date]) -> int | None:
    """How many days pass at most, nearly always, between days with rows; of the last 180 days with rows in them. None without a rhythm."""
    recent = [day for day in days if (days[-1] - day).days <= LOOKED_AT_DAYS]
    if len(recent) < LEAST_DAYS:
        return None
    gaps = sorted((later - earlier).days for earlier, later in itertools.pairwise(recent))
    return gaps[min(int(len(gaps) * USUAL_SHARE), len(gaps) - 1)]
