"""The state of every data set as of a moment, made from its contract.

**Changing data sets** (`orders` from `orders_changes`): of each key the change that was made last before `as_of`; a key whose last
change is a delete is gone. Last is, in this order:

1. the latest `source_ts`, the commit time of the change in its source (DMS' `TimestampColumnName`);
2. the latest file, by the time in its name (`_sequence`): changes of one transaction share their time, and DMS writes them in
   order, into files named by time. A full load's name tells no time and counts as before every change file of the same
   `source_ts`, so a full load that lands (again) later brings nothing back that was deleted since;
3. the later line;
4. the greater `_content_id`: only rows of two contents that agree in all of the above get here, as when a file landed again with
   some of its rows repaired. Such rows are the same; a row that is to replace another one needs a later `source_ts`.

It does not matter in which order files landed, nor how often.

**Other data sets** (`events_once` from `events`): of each key the row that tells the earliest time (the contract's `ordered_by`),
then by content and line: what is said again changes nothing. Rows at or after `as_of` are left out.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.datasets import DATASETS, Dataset
from omnichannel.transform.registry import Tables, Transformation, add

_RANK, _TIMES = "_rank", "_times"
_CONTENT = ("_content_id", "_line")


def state_name(dataset: Dataset) -> str:
    """What the state of a data set is called."""
    return dataset.table.removesuffix("_changes") if dataset.changing else f"{dataset.table}_once"


def newest(changes: ir.Table, keys: Sequence[str], as_of: ir.TimestampScalar) -> ir.Table:
    """The last change of each key before `as_of`.

    First the latest time of each key alone, then the changes of that time, and only where those are several their order: a window over
    wide rows would sort them all. What is used more than once has a name, so that an engine makes it once. Only the times are filtered:
    what has the latest time before the moment is before it.
    """
    latest = changes.filter(changes.source_ts < as_of).group_by(list(keys)).agg(source_ts=lambda t: t.source_ts.max())
    last = changes.semi_join(latest, [*keys, "source_ts"]).alias("last_changes")
    tied = last.group_by(list(keys)).agg(**{_TIMES: lambda t: t.count()}).filter(lambda t: t[_TIMES] > 1).alias("tied_keys")
    order = [ibis.desc(ibis._["_sequence"].fill_null(0)), ibis.desc("_line"), ibis.desc("_content_id")]
    first = _first(last.semi_join(tied, list(keys)).select(*last.columns), keys, order)
    return last.anti_join(tied, list(keys)).union(first)


def _first(rows: ir.Table, keys: Sequence[str], order: Sequence[object]) -> ir.Table:
    ranked = rows.mutate(**{_RANK: ibis.row_number().over(group_by=list(keys), order_by=list(order))})
    return ranked.filter(ranked[_RANK] == 0).select(*rows.columns)


def _current(dataset: Dataset, t: Tables) -> ir.Table:
    now = newest(t[dataset.table], dataset.keys, t.as_of)
    return now.filter(now["op"].isnull() | (now["op"] != "D"))


def _once(dataset: Dataset, t: Tables) -> ir.Table:
    rows = t[dataset.table]
    return _first(rows.filter(rows[dataset.ordered_by] < t.as_of), dataset.keys, [dataset.ordered_by, *_CONTENT])


def _of(dataset: Dataset) -> Transformation:
    build = _current if dataset.changing else _once
    meaning = f"{dataset.name} as of the moment"
    return Transformation(name=state_name(dataset), reads=(dataset.table,), build=lambda t: build(dataset, t), meaning=meaning)


for _dataset in DATASETS:
    add(_of(_dataset))
