"""The right of access: everything that is held about a person, in one archive."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysFalse, BooleanExpression, Or

from omnichannel.aws.dynamodb import Item, decode, encode
from omnichannel.contracts.privacy import EXPORT_DAYS, HELD_IN
from omnichannel.onboarding.schema import TABLES
from omnichannel.privacy import tables, unpack
from omnichannel.privacy.identify import columns_of, values_of
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.objects import opened
from omnichannel.privacy.places import Zone, places
from omnichannel.privacy.search import Reader
from omnichannel.privacy.subject import Subject
from omnichannel.privacy.unpack import Form, Stored

README = """# What we hold about you

Made {at:%Y-%m-%d %H:%M} UTC for request {request}; the archive is deleted after {days} days.

- `profile.json`: what is known of you at a glance: contact, what you allowed, scores, what would be offered next.
- `identifiers.json`: the numbers, addresses and device ids by which we recognise you. Those that others use as well are only counted.
- `tables/*.csv`: every record in our trusted tables that names you: your data as a customer, orders, visits, messages and what became of
  them, consents, support.
- `sent.json`: what each channel holds of you.
- `profiles.json`, if there is one: your profile in the system that sends our messages.
- `scores.jsonl`, `segments.jsonl`, `activation.jsonl`, `ledger.jsonl`: what was computed and decided, and what was sent or withheld, with
  the reason.

Copies of these in files that arrived within the last weeks, before they were read into the tables, say the same once more.
"""


def archive(
    request: str,
    subject: Subject,
    item: Item,
    catalog: Catalog,
    database: str,
    s3: Any,
    lake: str,
    sent: list[Item],
    work: Path,
    at: datetime,
    *,
    profiles: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """The archive as a file in `work`; `profiles` are those that the messaging channel holds."""
    path = work / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.md", README.format(at=at, request=request, days=EXPORT_DAYS))
        bundle.writestr("profile.json", _json(item))
        bundle.writestr("identifiers.json", _json(_identifiers(subject)))
        bundle.writestr("sent.json", _json(sent))
        if profiles:
            bundle.writestr("profiles.json", _json(list(profiles)))
        for name in TABLES:
            _table(bundle, name, subject, catalog, database)
        for folder in HELD_IN:
            with bundle.open(f"{folder}.jsonl", "w") as out:
                out.writelines(_json(record).encode() + b"\n" for record in records(s3, lake, folder, Matcher(subject), work))
    return path


def records(s3: Any, bucket: str, folder: str, matcher: Matcher, work: Path) -> Iterator[dict[str, Any]]:
    """Every record in the objects of a folder that names the person, with the object that it stands in."""
    for place in places(s3, Zone(bucket=bucket, prefix=f"{folder}/")):
        if place.current is None:
            continue
        scratch = work / "object"
        scratch.mkdir(exist_ok=True)
        stored = opened(s3, place, place.current, scratch)
        form = unpack.form_of(stored)
        for record in _parquet(stored, matcher) if form is Form.PARQUET else _text(stored, form, matcher):
            yield {"object": place.key, "record": record}
        for path in scratch.iterdir():
            path.unlink()


def sent_to(dynamodb: Any, table: str, customer_ids: Sequence[str]) -> list[Item]:
    """What each sink was sent of the person."""
    pages = (
        dynamodb.query(TableName=table, KeyConditionExpression="customer_id = :id", ExpressionAttributeValues=encode({":id": customer_id}))
        for customer_id in customer_ids
    )
    return [decode(item) for page in pages for item in page["Items"]]


def _table(bundle: zipfile.ZipFile, name: str, subject: Subject, catalog: Catalog, database: str) -> None:
    """One CSV a table, with every column; none for a table that does not name the person."""
    columns = [column.name for column in TABLES[name]]
    wanted = values_of(subject, columns_of(columns)).columns
    found: BooleanExpression = AlwaysFalse()
    for column, values in wanted.items():
        found = Or(found, tables.among(column, values))
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    written = 0
    for batch in tables.scan(catalog, database, name, lambda table: [f.name for f in table.schema().fields], found) if wanted else ():
        if not written:
            rows.writerow(batch.schema.names)
        written += batch.num_rows
        rows.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    if written:
        bundle.writestr(f"tables/{name}.csv", text.getvalue())


def _parquet(stored: Stored, matcher: Matcher) -> Iterator[Mapping[str, Any]]:
    for batch in unpack.batches(stored.local()):
        yield from pa.Table.from_batches([batch]).filter(matcher.rows(batch)).to_pylist()


def _text(stored: Stored, form: Form, matcher: Matcher) -> Iterator[Any]:
    if form not in (Form.JSON_LINES, Form.TABLE):
        return
    reader = Reader(matcher, form)
    for piece in unpack.pieces(stored, form):
        found = unpack.records(piece, form)
        for record, named in zip(found, reader.names(found), strict=True):
            if named:
                yield json.loads(record) if form is Form.JSON_LINES else dict(zip(reader.header, reader.cells(record), strict=False))


def _identifiers(subject: Subject) -> dict[str, Any]:
    return {
        "customer_ids": subject.customer_ids,
        "known": {kind.value: sorted(values) for kind, values in subject.values.items()},
        "shared_with_others": {kind.value: count for kind, count in subject.shared.items()},
    }


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, indent=None)
