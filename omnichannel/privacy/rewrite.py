"""Stored bytes without the person: everything else stays as it was, byte for byte where the format allows it."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from omnichannel.privacy import unpack
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.search import Reader
from omnichannel.privacy.unpack import Form, Stored

GZIP_LEVEL = 6
_GONE = object()


@dataclass(frozen=True)
class Rewritten:
    """How many records named the person and are gone, and how many stayed."""

    removed: int
    kept: int


class NotRewritable(Exception):
    """Bytes in which no records can be told apart."""


def without(stored: Stored, form: Form, matcher: Matcher, to: Path) -> Rewritten:
    """Writes the stored bytes without the records that name the person, compressed as they were; raises `NotRewritable`."""
    match form:
        case Form.PARQUET:
            try:
                return _parquet(stored.local(), matcher, to)
            except (pa.ArrowException, OSError) as damaged:
                raise NotRewritable("a damaged Parquet file") from damaged
        case Form.JSON_LINES | Form.TABLE:
            return _text(stored, form, matcher, to)
        case Form.DOCUMENT:
            return _document(stored, matcher, to)
    raise NotRewritable(form.value)


def _text(stored: Stored, form: Form, matcher: Matcher, to: Path) -> Rewritten:
    reader, removed, kept = Reader(matcher, form), 0, 0
    with _writing(stored, to) as out:
        for piece in unpack.pieces(stored, form):
            records = unpack.records(piece, form)
            # A CSV's header is no record, and never about somebody.
            first = 1 if form is Form.TABLE and not reader.header else 0
            named = reader.names(records)
            named[:first] = [False] * first
            out.writelines(record for record, gone in zip(records, named, strict=True) if not gone)
            removed, kept = removed + sum(named), kept + len(records) - sum(named) - first
    return Rewritten(removed, kept)


def _parquet(path: Path, matcher: Matcher, to: Path) -> Rewritten:
    removed = kept = 0
    with pq.ParquetFile(path) as file, pq.ParquetWriter(to, file.schema_arrow, compression=_compression(file)) as out:
        for batch in file.iter_batches(batch_size=65_536):
            rest = batch.filter(pc.invert(matcher.rows(batch)))
            removed, kept = removed + batch.num_rows - rest.num_rows, kept + rest.num_rows
            if rest.num_rows:
                out.write_table(pa.Table.from_batches([rest]))
    return Rewritten(removed, kept)


def _compression(file: pq.ParquetFile) -> str:
    if not file.metadata.num_row_groups or not file.metadata.num_columns:
        return "zstd"
    codec = file.metadata.row_group(0).column(0).compression
    return "none" if codec == "UNCOMPRESSED" else str(codec).lower()


def _document(stored: Stored, matcher: Matcher, to: Path) -> Rewritten:
    """A document loses the entries of its lists and objects that name the person; one that is about them alone ends empty."""
    held = b"".join(unpack.plain(stored))
    if len(held) > unpack.LONGEST_DOCUMENT:
        raise NotRewritable(f"a JSON document of {len(held)} bytes")
    try:
        document = json.loads(held)
    except ValueError as broken:
        raise NotRewritable("no JSON") from broken
    removed, rest = _pruned(document, matcher, "")
    with _writing(stored, to) as out:
        if rest is not _GONE:
            out.write(json.dumps(rest, ensure_ascii=False).encode())
    return Rewritten(removed, 0 if rest is _GONE or not rest else 1)


def _pruned(value: Any, matcher: Matcher, field: str) -> tuple[int, Any]:
    if not matcher.record(value, field):
        return 0, value
    if isinstance(value, list):
        parts = [_pruned(each, matcher, field) for each in value]
        return sum(count for count, _ in parts), [rest for _, rest in parts if rest is not _GONE]
    if isinstance(value, dict) and not any(_is_plain(inner) and matcher.record(inner, name) for name, inner in value.items()):
        inner = {name: (1, _GONE) if matcher.tells(name.encode()) else _pruned(each, matcher, name) for name, each in value.items()}
        return sum(count for count, _ in inner.values()), {name: rest for name, (_, rest) in inner.items() if rest is not _GONE}
    return 1, _GONE


def _is_plain(value: Any) -> bool:
    return not isinstance(value, list | dict)


@contextmanager
def _writing(stored: Stored, to: Path) -> Iterator[BinaryIO]:
    """A file that is compressed as the stored bytes were; the same content makes the same bytes."""
    stream = stored.stream()
    packed = stream.read(2) == b"\x1f\x8b"
    stream.close()
    with to.open("wb") as file:
        if not packed:
            yield file
            return
        with gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=file, mtime=0) as out:
            yield out  # type: ignore[misc]
