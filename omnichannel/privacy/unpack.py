"""What is inside of stored bytes: compression undone, the format told by its first bytes, text in pieces that end where a record ends.

Nothing is held whole but one piece, and a JSON document of at most `LONGEST_DOCUMENT` bytes.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

PIECE = 4 << 20
LONGEST_RECORD = 1 << 20
"""A record longer than this is no record: a quotation mark that nobody closed must not swallow the rest of the file."""
LONGEST_DOCUMENT = 64 << 20
PROBE = 1024
_GZIP, _ZSTD, _PARQUET, _AVRO, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"Obj\x01", b"PK\x03\x04"
_TAR, _TAR_AT = b"ustar", 257
_SYNC = 16


class Form(StrEnum):
    """What the bytes are once decompressed."""

    PARQUET = "parquet"
    AVRO = "avro"
    ZIP = "zip"
    TAR = "tar"
    JSON_LINES = "json lines"
    DOCUMENT = "json document"
    TABLE = "csv"
    BINARY = "binary"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Stored bytes: `stream` opens them from the start, `local` gives them as a file where a format is read from its end."""

    stream: Callable[[], BinaryIO]
    local: Callable[[], Path]


def form_of(stored: Stored) -> Form:
    """The format, told by its first bytes; whether it is compressed makes no difference. A damaged file is `BINARY`."""
    head = _head(stored)
    for magic, form, opens in ((_PARQUET, Form.PARQUET, _footer), (_AVRO, Form.AVRO, avro_blocks), (_ZIP, Form.ZIP, members)):
        if head.startswith(magic):
            return form if _opens(opens, stored.local()) else Form.BINARY
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return Form.TAR
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\0" in text or text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Form.BINARY
    if text.startswith(b"{"):
        return Form.JSON_LINES if _is_line(text, stored) else Form.DOCUMENT
    return Form.DOCUMENT if text.startswith(b"[") else Form.TABLE


def plain(stored: Stored) -> Iterator[bytes]:
    """The decompressed content in chunks. What follows damage comes as it lies there: searched, if not understood."""
    with closing(stored.stream()) as stream:
        head = stream.read(PROBE)
        chunks = _chunks(head, stream)
        if head.startswith(_GZIP):
            yield from _gunzipped(chunks)
        elif head.startswith(_ZSTD):
            yield from _unpacked(stored, chunks)
        else:
            yield from chunks


def _unpacked(stored: Stored, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Zstandard undone; where it breaks off, everything as it lies there."""
    try:
        with pa.input_stream(stored.local(), compression="zstd") as unpacked:
            yield from iter(lambda: unpacked.read(PIECE), b"")
    except (pa.ArrowException, OSError):
        yield from chunks


def pieces(stored: Stored, form: Form) -> Iterator[bytes]:
    """Text in pieces of whole records: lines, or of a CSV the rows whose quoted cells may hold line ends."""
    quoted, held = form is Form.TABLE, b""
    for chunk in plain(stored):
        held += chunk
        if len(held) < PIECE:
            continue
        border = _border(held, quoted)
        if border:
            yield held[:border]
            held = held[border:]
    if held:
        yield held


def records(piece: bytes, form: Form) -> list[bytes]:
    """The records of a piece, with their line ends."""
    lines = piece.splitlines(keepends=True) if b"\n" not in piece else [line + b"\n" for line in piece.split(b"\n")]
    if b"\n" in piece:
        lines[-1] = lines[-1][:-1]
        lines = lines if lines[-1] else lines[:-1]
    return _joined(lines) if form is Form.TABLE else lines


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, one row group in memory at most."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=65_536)


def avro_blocks(path: Path) -> Iterator[bytes]:
    """The header and the decompressed blocks of an Avro file; of a codec that we do not know, as they lie there."""
    with path.open("rb") as file:
        header = io.BytesIO(file.read(PIECE))
        header.seek(len(_AVRO))
        codec = _metadata(header).get(b"avro.codec", b"null")
        file.seek(header.tell() + _SYNC)
        yield header.getvalue()[: header.tell()]
        while file.peek(1):
            _long(file)
            block = file.read(_long(file))
            yield zlib.decompress(block, wbits=-15) if codec == b"deflate" else block
            file.read(_SYNC)


def members(path: Path) -> Iterator[bytes]:
    """The content of a zip file's members, and their names."""
    with zipfile.ZipFile(path) as bundle:
        for entry in bundle.infolist():
            yield entry.filename.encode()
            with bundle.open(entry) as member:
                yield from iter(lambda opened=member: opened.read(PIECE), b"")  # type: ignore[misc]


def _footer(path: Path) -> Iterator[int]:
    with pq.ParquetFile(path) as file:
        yield file.metadata.num_rows


def _opens(opens: Callable[[Path], Iterator[object]], path: Path) -> bool:
    """Whether the file is what its first bytes promise; what breaks off is bytes."""
    try:
        for _ in opens(path):
            pass
    except (pa.ArrowException, OSError, zipfile.BadZipFile, zlib.error, IndexError, EOFError, NotImplementedError):
        return False
    return True


def _head(stored: Stored) -> bytes:
    head = b""
    for chunk in plain(stored):
        head += chunk[:PROBE]
        if len(head) >= PROBE:
            break
    return head[:PROBE]


def _is_line(text: bytes, stored: Stored) -> bool:
    """Whether the first line is a whole JSON value; a longer line than was probed is read on."""
    line, ended, _ = text.partition(b"\n")
    if not ended and len(text) >= PROBE // 2:
        line = next(pieces(stored, Form.JSON_LINES), b"").lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")[0]
    try:
        json.loads(line)
    except ValueError:
        # A broken first line among whole ones is still a file of lines.
        return line.rstrip().endswith(b"}") and line.strip() != b"{"
    return True


def _chunks(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield head
    yield from iter(lambda: stream.read(PIECE), b"")


def _gunzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        left = chunk
        while left:
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            try:
                yield member.decompress(left, PIECE)
            except zlib.error:
                yield left
                break
            left = member.unused_data if member.eof else member.unconsumed_tail


def _border(held: bytes, quoted: bool) -> int:
    """Where the last whole record of what is held ends; 0 to read on."""
    end = held.rfind(b"\n") + 1
    if not quoted or not end:
        return end if end or len(held) < LONGEST_DOCUMENT else len(held)
    marks, border = held.count(b'"', 0, end), end
    while marks % 2 and border and end - border < LONGEST_RECORD:
        before = held.rfind(b"\n", 0, border - 1) + 1
        marks -= held.count(b'"', before, border)
        border = before
    return border if border and not marks % 2 else end


def _joined(lines: list[bytes]) -> list[bytes]:
    """Lines put together to rows: a row goes on while a quotation mark is open, but not for ever."""
    rows: list[bytes] = []
    place = 0
    while place < len(lines):
        end, marks, size = place, 0, 0
        while end < len(lines) and size <= LONGEST_RECORD:
            marks, size, end = marks + lines[end].count(b'"'), size + len(lines[end]), end + 1
            if not marks % 2:
                break
        if marks % 2:
            end = place + 1
        rows.append(b"".join(lines[place:end]))
        place = end
    return rows


def _metadata(header: BinaryIO) -> dict[bytes, bytes]:
    """An Avro file's metadata: a map of blocks, each a count and its pairs; a negative count is followed by the block's size."""
    found: dict[bytes, bytes] = {}
    while count := _long(header):
        if count < 0:
            _long(header)
        for _ in range(abs(count)):
            name = header.read(_long(header))
            found[name] = header.read(_long(header))
    return found


def _long(file: BinaryIO) -> int:
    """A number as Avro writes it: seven bits a byte, zigzag."""
    value = shift = 0
    while True:
        byte = file.read(1)[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1)
