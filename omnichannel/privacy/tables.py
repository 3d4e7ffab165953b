"""Trusted tables: what the committer is asked, and what of its answer is still to be done.

Every table is asked about that has columns with identifiers or texts. Those of identities have a second writer, whose unfinished files
the committer cannot tell from forgotten ones and leaves for an hour; which files snapshots named before, it is told here.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, BooleanExpression, In
from pyiceberg.table import Table
from pyiceberg.types import StringType

from omnichannel.aws import s3 as objects
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.privacy import Erased, EraseRows, result_key, values_key
from omnichannel.contracts.trusted import DATASET_OF, group_of
from omnichannel.onboarding.schema import TABLES
from omnichannel.privacy.identify import columns_of, values_of
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.places import Zone, delete, places
from omnichannel.privacy.stores import Desk
from omnichannel.privacy.subject import Subject
from omnichannel.trusted.files import named, place

KEPT_BYTES = 64 << 20
_EVERY_ROW = AlwaysTrue()


def reader(catalog: Catalog, database: str) -> Callable[[str], Iterator[pa.RecordBatch]]:
    """Reads the columns of a trusted table that hold identifiers, in batches; nothing of a table that is not there.

    It is asked several times for every table, so small ones are kept in memory.
    """
    kept: dict[str, list[pa.RecordBatch]] = {}

    def read(name: str) -> Iterator[pa.RecordBatch]:
        if name in kept:
            yield from kept[name]
            return
        found: list[pa.RecordBatch] | None = []
        for batch in scan(catalog, database, name, lambda table: columns_of(_names(table))):
            found = [*found, batch] if found is not None and sum(b.nbytes for b in found) < KEPT_BYTES else None
            yield batch
        if found is not None:
            kept[name] = found

    return read


def scan(
    catalog: Catalog, database: str, name: str, columns: Callable[[Table], Sequence[str]], rows: BooleanExpression = _EVERY_ROW
) -> Iterator[pa.RecordBatch]:
    """Those columns of a table's rows, in batches."""
    try:
        table = catalog.load_table((database, name))
    except NoSuchTableError:
        return
    wanted = tuple(columns(table))
    if wanted:
        yield from table.scan(row_filter=rows, selected_fields=wanted).to_arrow_batch_reader()


def links_of(catalog: Catalog, database: str, customer_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every link of the person, open or closed, and every other link of the same identifiers."""
    columns = ("customer_id", "id_type", "id_value")
    own = [
        row
        for batch in scan(catalog, database, LINKS_TABLE, lambda _: columns, among("customer_id", customer_ids))
        for row in batch.to_pylist()
    ]
    yield from own
    values = sorted({row["id_value"] for row in own})
    theirs = set(customer_ids)
    for batch in scan(catalog, database, LINKS_TABLE, lambda _: columns, among("id_value", values)) if values else ():
        yield from (row for row in batch.to_pylist() if row["customer_id"] not in theirs)


def ask(desk: Desk, catalog: Catalog, database: str, subject: Subject, round: int) -> list[dict[str, str]]:
    """The messages for the committer's queue, one a table; what each needs lies in the lake."""
    asked = []
    for name in TABLES:
        try:
            table = catalog.load_table((database, name))
        except NoSuchTableError:
            continue
        values = values_of(subject, columns_of(_texts(table)))
        if round > 1 and name in DATASET_OF:
            values.columns.update(_by_key(catalog, database, name, Matcher(subject)))
        if not values.columns and not values.mentions:
            continue
        objects.put(desk.s3, desk.lake, values_key(desk.request, name), json.dumps(values.to_dict()).encode(), objects.JSON)
        if name not in DATASET_OF:
            desk.keep(f"named/{round}/{name}.json", sorted(named(table, table.metadata.snapshots)))
        asked.append(_message(desk.request, name, round).to_dict())
    desk.keep(f"asked/{round}.json", [message["table"] for message in asked])
    return asked


def _by_key(catalog: Catalog, database: str, name: str, matcher: Matcher) -> dict[str, list[str]]:
    """Rows that a round left, for their texts name the person in a way that is no mention to the committer: told by their key."""
    key, found = DATASET_OF[name].keys[0], set[str]()
    for batch in scan(catalog, database, name, _texts):
        found |= set(batch.filter(matcher.rows(batch))[key].drop_null().to_pylist())
    return {key: sorted(found)} if found else {}


def answers(desk: Desk, round: int) -> tuple[dict[str, Erased], int]:
    """What the committer answered so far in that round, by table, and how many answers are still to come."""
    asked: list[str] = desk.kept(f"asked/{round}.json") or []
    found = {}
    for name in asked:
        answer = desk.kept(result_key(_id(desk.request, round), name).removeprefix(desk.note("")))
        if answer is not None:
            found[name] = Erased.of(answer)
    return found, len(asked) - len(found)


def sweep(desk: Desk, catalog: Catalog, database: str, round: int) -> int:
    """Deletes the files of identity tables that a snapshot named when the round began and none names now; gives the versions."""
    swept = 0
    for note, before in desk.notes(f"named/{round}/").items():
        table = catalog.load_table((database, note.rpartition("/")[2].removesuffix(".json")))
        bucket, _ = place(table)
        gone = sorted(set(before) - named(table, table.metadata.snapshots))
        found = (
            (each.key, version.id) for key in gone for each in places(desk.s3, Zone(bucket=bucket, prefix=key)) for version in each.versions
        )
        swept += delete(desk.s3, bucket, found)
    return swept


def _message(request: str, table: str, round: int) -> EraseRows:
    name, values = _id(request, round), values_key(request, table)
    return EraseRows(id=name, table=table, dataset=group_of(table), values_key=values, result_key=result_key(name, table))


def among(column: str, values: Sequence[str]) -> BooleanExpression:
    """Rows in which the column holds one of the values."""
    any_of: Any = In  # its constructor's types are those of the parsed form
    found: BooleanExpression = any_of(column, values)
    return found


def _id(request: str, round: int) -> str:
    return f"{request}/round-{round}"


def _names(table: Table) -> list[str]:
    return [field.name for field in table.schema().fields]


def _texts(table: Table) -> list[str]:
    return [field.name for field in table.schema().fields if isinstance(field.field_type, StringType)]
