"""Text records with their numbers: what DuckDB loads in parallel without guessing, and the records that are no records.

Two files come out. `good` holds well-formed records only, with their numbers: CSV as `number,field,…`, JSON lines in
blocks as `number of the first<US>line<RS>line…`. `bad` holds `number,hash` of every malformed record. Both may be empty.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import BinaryIO

from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.decode import LONGEST_RECORD, line_blocks
from omnichannel.onboarding.recognise import FileRefused

UNIT_SEPARATOR, RECORD_SEPARATOR = b"\x1f", b"\x1e"
"""Separate JSON lines from the number of their first, and from each other; a raw control character can stand in no valid JSON."""

_IN_NO_LINE = (UNIT_SEPARATOR, RECORD_SEPARATOR, b"\0", b"\r")
"""What DuckDB does not read as a part of a line; valid JSON has at most the carriage return, as a blank that nobody writes."""

HASH_LENGTH = 16


def value_hash(value: bytes) -> str:
    """What quarantine keeps of a value: enough to find it again in the landed file, nothing of itself."""
    return hashlib.sha256(value).hexdigest()[:HASH_LENGTH]


@dataclass(frozen=True)
class Numbered:
    """How many records there were: `good` and `bad` add up to all of them.

    `braced`: every good record of JSON lines begins with a brace. `zeros`: some line spells a NUL.
    """

    good: int
    bad: int
    braced: bool = True
    zeros: bool = False


def json_lines(chunks: Iterator[bytes], good: BinaryIO, bad: BinaryIO) -> Numbered:
    """Numbers JSON lines by the file's lines, however they end; blank lines count as lines and are no records."""
    line = refused = written = 0
    braced, zeros = True, False
    for landed in line_blocks(chunks):
        block = landed.replace(b"\r\n", b"\n") if b"\r" in landed else landed
        lines = block[:-1].split(b"\n")
        zeros = zeros or (b"\\" in block and b"\\u0000" in block)  # looking for one byte is ten times as fast
        if _only_objects(block, lines):
            good.write(b"%d\x1f%s\n" % (line + 1, block[:-1].replace(b"\n", RECORD_SEPARATOR)))
            written += len(lines)
        else:
            broken = {n for n, raw in enumerate(lines) if any(mark in raw for mark in _IN_NO_LINE) or len(raw) > LONGEST_RECORD}
            bad.writelines(b"%d,%s\n" % (line + n + 1, value_hash(lines[n]).encode()) for n in sorted(broken))
            refused += len(broken)
            records = [(n, raw) for n, raw in enumerate(lines) if n not in broken and raw and not raw.isspace()]
            good.writelines(b"%d\x1f%s\n" % (line + n + 1, raw) for n, raw in records)
            written += len(records)
            braced = braced and all(raw.startswith(b"{") for _, raw in records)
        line += len(lines)
    return Numbered(written, refused, braced, zeros)


def _only_objects(block: bytes, lines: list[bytes]) -> bool:
    """Whether every line is a record that begins with a brace."""
    return (
        all(map(bytes.startswith, lines, repeat(b"{")))
        and not any(mark in block for mark in _IN_NO_LINE)
        and max(map(len, lines)) <= LONGEST_RECORD
    )


def csv_header(chunks: Iterator[bytes]) -> tuple[list[str], Iterator[bytes]]:
    """The names in the first line that is not blank, and everything after it; no line at all gives no names."""
    before = b""
    for chunk in chunks:
        before = (before + chunk).lstrip(b"\r\n")
        line, end, rest = before.partition(b"\n")
        if end:
            return _names(line), _chain(rest, chunks)
        if len(before) > LONGEST_RECORD:
            raise FileRefused(Reason.UNREADABLE_FILE)
    return _names(before), iter(())


def _names(line: bytes) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line.decode().rstrip("\r")], skipinitialspace=True), [])]
    except csv.Error as odd:  # a lone carriage return, or a name beyond all bounds
        raise FileRefused(Reason.UNREADABLE_FILE) from odd


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def csv_records(chunks: Iterator[bytes], fields: int, good: BinaryIO, bad: BinaryIO) -> Numbered:
    """Numbers CSV records of exactly `fields` fields (RFC 4180; blank lines are no records; `chunks` start after the header).

    A record may span lines inside quotes. Where a record is malformed only its first line is refused and reading goes on with
    the next line, so one stray quote costs one record, not the rest of the file.
    """
    sink = _Sink(good, bad)
    rest = b""
    for block in line_blocks(chunks):
        if not rest and (records := _one_a_line(block, fields)):
            sink.records(records)
        else:
            rest = _quoted(rest + block, fields, sink, last=False) if rest or b'"' in block else _unquoted(block, fields, sink)
    if rest:
        _quoted(rest, fields, sink, last=True)
    return Numbered(sink.good, sink.bad)


def _one_a_line(block: bytes, fields: int) -> bytes | None:
    """A block with its lines ending in line feeds, where each of them is a well-formed record; None for any other block."""
    unix = block.replace(b"\r\n", b"\n") if b"\r" in block else block
    if b"\r" in unix or b"\0" in unix or not _no_long_line(unix) or (fields == 1 and b"\n\n" in b"\n" + unix):
        return None
    if _of_plain_fields(unix, fields):
        return unix
    if b'"' not in unix:
        return None
    lines = unix[:-1].split(b"\n")
    plain, quoted = ([line for line in lines if (b'"' in line) is wanted] for wanted in (False, True))
    whole = all(plain) and {*map(bytes.count, plain, repeat(b","))} <= {fields - 1} and all(map(_line_pattern(fields), quoted))
    return unix if whole else None


def _no_long_line(block: bytes) -> bool:
    return len(block) <= LONGEST_RECORD or max(map(len, block[:-1].split(b"\n"))) <= LONGEST_RECORD


_ORDINARY = bytes({*range(256)} - {*b",\n"})
_ENDS = {*b",\n"}


def _of_plain_fields(block: bytes, fields: int) -> bool:
    """Whether each line has so many fields, every one without quotes or with one at its begin and one at its end."""
    outside = _outside_of_quotes(block) if b'"' in block else block
    if outside is None:
        return False
    commas = outside.translate(None, _ORDINARY)
    return commas == (b"," * (fields - 1) + b"\n") * (len(commas) // fields)


def _outside_of_quotes(block: bytes) -> bytes | None:
    """A block without its quoted fields; None where a quote is elsewhere than at a field's ends, or a field holds a line's end."""
    pieces = block.split(b'"')
    outside = pieces[::2]
    before, after = outside[1 if block.startswith(b'"') else 0 : -1], outside[1:]
    if len(pieces) % 2 == 0 or not all(before) or not all(after) or b"\n" in b"".join(pieces[1::2]):
        return None
    if {*map(itemgetter(-1), before), *map(itemgetter(0), after)} <= _ENDS:
        return b"".join(outside)
    return None


def _numbered(block: bytes, first: int) -> tuple[bytes, int]:
    """A block with a number and a comma before each of its lines, and how many lines it has."""
    lines = block.splitlines(keepends=True)
    numbered = [b""] * (3 * len(lines))
    numbered[2::3] = lines
    at = 0
    while at < len(lines):
        thousands, rest = divmod(first + at, 1000)
        size = min(1000 - rest, len(lines) - at)
        numbered[3 * at : 3 * (at + size) : 3] = [b"%d" % thousands if thousands else b""] * size
        numbered[3 * at + 1 : 3 * (at + size) : 3] = (_ENDINGS if thousands else _SMALL)[rest : rest + size]
        at += size
    return b"".join(numbered), len(lines)


_ENDINGS = [b"%03d," % number for number in range(1000)]
_SMALL = [b"%d," % number for number in range(1000)]
"""The last three digits of line numbers: writing every number anew took twice as long as all the rest."""


class _Sink:
    """Counts records and writes them to their file."""

    def __init__(self, good_file: BinaryIO, bad_file: BinaryIO) -> None:
        self._good_file, self._bad_file = good_file, bad_file
        self.good = self.bad = 0

    def records(self, block: bytes) -> None:
        """Well-formed records, one a line, each with a line feed at its end."""
        numbered, lines = _numbered(block, self.good + self.bad + 1)
        self._good_file.write(numbered)
        self.good += lines

    def record(self, raw: bytes) -> None:
        """One well-formed record, without its line end."""
        self.good += 1
        self._good_file.write(b"%d,%s\n" % (self.good + self.bad, raw))

    def malformed(self, raw: bytes) -> None:
        """One line that is no record."""
        self.bad += 1
        self._bad_file.write(b"%d,%s\n" % (self.good + self.bad, value_hash(raw).encode()))


def _unquoted(block: bytes, fields: int, sink: _Sink) -> bytes:
    """A block without any quote: a record is a line with the right number of commas."""
    commas = fields - 1
    zeros = b"\0" in block
    for line in block[:-1].split(b"\n"):
        raw = line.removesuffix(b"\r")
        if not raw:
            continue
        if raw.count(b",") != commas or (zeros and b"\0" in raw) or len(raw) > LONGEST_RECORD or b"\r" in raw:
            sink.malformed(raw)
        else:
            sink.record(raw)
    return b""


def _quoted(block: bytes, fields: int, sink: _Sink, *, last: bool) -> bytes:
    """A block with quotes; returns what may be the beginning of a record that goes on in the next block."""
    match = _record_pattern(fields)
    at, size = 0, len(block)
    while at < size:
        end = block.index(b"\n", at)
        line = block[at:end].removesuffix(b"\r")
        if not line:
            at = end + 1
            continue
        found = match(block, at)
        if found and found.end() - at <= LONGEST_RECORD:
            sink.record(found[1])
            at = found.end()
        elif not last and size - at <= LONGEST_RECORD and _OPEN(block, at):
            return block[at:]
        else:
            sink.malformed(line)
            at = end + 1
    return b""


# Possessive throughout: a refusal costs one look, never a search.
_FIELD = rb'(?:"(?:[^"\0]|"")*+"|[^",\r\n\0]*+)'
_OPEN = re.compile(rb'(?:%s,)*+"(?:[^"\0]|"")*+\Z' % _FIELD).match
"""Matches where a quoted field begins and does not end before the block does."""


@cache
def _record_pattern(fields: int) -> Callable[[bytes, int], re.Match[bytes] | None]:
    """Matches one record of so many fields with its line end."""
    return re.compile(rb"(%s(?:,%s){%d})\r?\n" % (_FIELD, _FIELD, fields - 1)).match


@cache
def _line_pattern(fields: int) -> Callable[[bytes], re.Match[bytes] | None]:
    """Matches a line that is one whole record of so many fields."""
    return re.compile(rb"%s(?:,%s){%d}" % (_FIELD, _FIELD, fields - 1)).fullmatch
