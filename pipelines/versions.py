"""Versions of a record by when they were known.

A version is known from its `source_ts`; the first one from its business time where that is earlier, because a full load tells later of
what happened before. It is known until a newer one is. So the state on a date is a plain filter, whichever date is asked about, and
nothing that came later is in it.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.datasets import Dataset

ALWAYS = ibis.timestamp("1900-01-01 00:00:00")
ORDER = ("source_ts", "_sequence", "_line", "_content_id")
"""Which of two versions is newer: the rule of `omnichannel.transform.state`."""


def versions(rows: ir.Table, dataset: Dataset) -> ir.Table:
    """All versions with `known_from`."""
    rows = rows.mutate(_sequence=rows["_sequence"].fill_null(0))
    happened = ALWAYS if dataset.ordered_by == "source_ts" else rows[dataset.ordered_by]
    numbered = rows.mutate(_happened=happened, _version=ibis.row_number().over(group_by=list(dataset.keys), order_by=list(ORDER)))
    told = (numbered["_version"] == 0).ifelse(ibis.least(numbered.source_ts, numbered["_happened"]), numbered.source_ts)
    return numbered.mutate(known_from=told).drop("_happened", "_version")


def until(rows: ir.Table, keys: Sequence[str], order: Sequence[str] = ORDER) -> ir.Table:
    """Versions with `known_until`: from when a newer one was known, whose own link may have been made earlier or later than this one's."""
    newer = ibis.window(group_by=list(keys), order_by=[ibis.desc(name) for name in order], rows=(None, -1))
    return rows.mutate(known_until=rows.known_from.min().over(newer))


def known_at(rows: ir.Table, at: ir.TimestampScalar) -> ir.Table:
    """The versions that held on a date."""
    return rows.filter(rows.known_from < at, rows.known_until.isnull() | (rows.known_until >= at))


def state(rows: ir.Table, at: ir.TimestampScalar) -> ir.Table:
    """The newest version of each key that was known before `at`, deleted ones left out, with `backfilled`: it was told only later."""
    current = known_at(rows, at)
    there = current.filter(current["op"].isnull() | (current["op"] != "D"))
    return there.mutate(backfilled=there.source_ts >= at)


def first(rows: ir.Table, dataset: Dataset) -> ir.Table:
    """The first row of each key, of a data set whose rows do not change."""
    order = ibis.row_number().over(group_by=list(dataset.keys), order_by=[dataset.ordered_by, "_content_id", "_line"])
    ranked = rows.mutate(_first=order)
    return ranked.filter(ranked["_first"] == 0).drop("_first")
