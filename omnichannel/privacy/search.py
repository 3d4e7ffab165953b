"""Looking for the person in stored bytes: which records name them, and whether anything does."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from omnichannel.privacy import unpack
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.unpack import Form, Stored


@dataclass
class Reader:
    """Judges the records of one text, in their order: the first row of a CSV names the fields of the others."""

    matcher: Matcher
    form: Form
    header: list[str] = field(default_factory=list)

    def names(self, records: list[bytes]) -> list[bool]:
        """For each record whether it names the person."""
        if self.form is Form.TABLE and not self.header and records:
            self.header = _cells(records[0])
        tells, hints = self.matcher.lines(records)
        return [told or (hint and self._named(record)) for record, told, hint in zip(records, tells, hints, strict=True)]

    def cells(self, record: bytes) -> list[str]:
        """The cells of a CSV's row."""
        return _cells(record)

    def _named(self, record: bytes) -> bool:
        if self.form is Form.TABLE:
            return any(self.matcher.cell(name, cell) for name, cell in zip(self.header, _cells(record), strict=False))
        try:
            return self.matcher.record(json.loads(record))
        except ValueError:
            return False


def found(stored: Stored, matcher: Matcher) -> bool:
    """Whether anything in the stored bytes names the person."""
    return any(_hits(stored, unpack.form_of(stored), matcher))


def _hits(stored: Stored, form: Form, matcher: Matcher) -> Iterator[bool]:
    match form:
        case Form.PARQUET:
            yield from _words(_raw(stored), matcher)
            try:
                yield from (matcher.rows(batch).true_count > 0 for batch in unpack.batches(stored.local()))
            except (pa.ArrowException, OSError):
                # A damaged part: its bytes were searched, and nobody can read more out of it.
                return
        case Form.AVRO:
            yield from _words(unpack.avro_blocks(stored.local()), matcher)
        case Form.ZIP:
            yield from _words(unpack.members(stored.local()), matcher)
        case Form.TAR | Form.BINARY:
            yield from _words(unpack.plain(stored), matcher)
        case Form.DOCUMENT:
            yield from _document(stored, matcher)
        case _:
            reader = Reader(matcher, form)
            for piece in unpack.pieces(stored, form):
                if not reader.header or matcher.hint(piece):
                    yield any(reader.names(unpack.records(piece, form)))


def _document(stored: Stored, matcher: Matcher) -> Iterator[bool]:
    held = b""
    for chunk in unpack.plain(stored):
        held += chunk
        if len(held) > unpack.LONGEST_DOCUMENT:
            yield from _words(unpack.plain(stored), matcher)
            return
    try:
        yield matcher.record(json.loads(held))
    except ValueError:
        yield matcher.tells(held)


def _raw(stored: Stored) -> Iterable[bytes]:
    with stored.local().open("rb") as file:
        yield from iter(lambda: file.read(unpack.PIECE), b"")


def _words(chunks: Iterable[bytes], matcher: Matcher) -> Iterator[bool]:
    """Bytes without structure: neighbouring pieces overlap, so that nothing is cut in two."""
    tail = b""
    for chunk in chunks:
        yield matcher.tells(tail + chunk)
        tail = (tail + chunk)[-matcher.overlap :]


def _cells(record: bytes) -> list[str]:
    text = record.decode("utf-8", errors="replace").removeprefix("\ufeff")
    try:
        return next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error:
        return text.rstrip("\r\n").split(",")
