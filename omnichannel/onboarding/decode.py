"""Bytes of a landed text file -> its lines, streamed: decompressed, checked to be UTF-8, byte-order mark removed."""

import codecs
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from isal import isal_zlib

from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.recognise import GZIP_MAGIC, FileRefused

CHUNK = 1 << 18
"""Bytes worked on at a time: what becomes of a chunk stays in a core's cache."""
LONGEST_RECORD = 1 << 20
"""A record longer than this many bytes is malformed: memory stays bounded whatever is landed."""

_UTF16_OR_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_PROBE = 4096


def plain_chunks(path: Path) -> Iterator[bytes]:
    """The file's content in chunks, decompressed when it is gzip (several members are one content).

    Raises `FileRefused` (truncated, unreadable) with the lines that can be read as its rows.
    """
    _keep_freed_memory()
    try:
        yield from _chunks(path)
    except FileRefused as refused:
        raise FileRefused(refused.reason, rows=_lines_in(path)) from refused


def _keep_freed_memory() -> None:
    """Lets glibc keep a freed chunk for the next one: it keeps pieces up to the size of the largest mapped one that was ever freed.

    It gave every chunk back to the system before and asked for it anew: 300,000 page faults for 600 MB of text, a third of the time.
    """
    bytearray(16 * CHUNK)


def _lines_in(path: Path) -> int:
    """How many lines can be read, one at least. Only of a refused file: counting them takes half as long as decompressing."""
    lines = 0
    with suppress(FileRefused):
        for chunk in _chunks(path):
            lines += chunk.count(b"\n")
    return max(1, lines)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        zipped = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        file.seek(0)
        landed = iter(lambda: file.read(CHUNK), b"")
        yield from _gunzip(landed) if zipped else landed


def _gunzip(compressed: Iterator[bytes]) -> Iterator[bytes]:
    member = isal_zlib.decompressobj(wbits=31)
    try:
        for chunk in compressed:
            while chunk:
                if member.eof:
                    if not chunk.strip(b"\0"):  # tape padding after the last member
                        break
                    member = isal_zlib.decompressobj(wbits=31)
                plain = member.decompress(chunk, CHUNK)
                if plain:
                    yield plain
                chunk = member.unused_data if member.eof else member.unconsumed_tail
    except isal_zlib.error as broken:  # type: ignore[misc] # its stubs say that this is an exception, not a class of them
        raise FileRefused(Reason.UNREADABLE_FILE) from broken
    if not member.eof:
        raise FileRefused(Reason.TRUNCATED_FILE)


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, the next one made while one is worked on: decompressing lets go of Python's lock."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = worker.submit(next, chunks, None)
            yield chunk


def utf8_chunks(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """The content of the file at `path` without its byte-order mark.

    Raises `FileRefused(wrong-encoding)`, with the lines of the whole file as its rows and its line, at the first byte that is not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    try:
        for chunk in chunks:
            plain = chunk
            if first:
                if _looks_wide(chunk):
                    raise FileRefused(Reason.WRONG_ENCODING, rows=_lines_in(path))
                plain, first = chunk.removeprefix(codecs.BOM_UTF8), False
            if decoder.getstate()[0] or not chunk.isascii():
                decoder.decode(chunk)
            yield plain
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as broken:
        raise FileRefused(Reason.WRONG_ENCODING, rows=_lines_in(path), line=_first_wrong_line(path)) from broken


def _first_wrong_line(path: Path) -> int:
    """The line of the first byte that is not UTF-8, in a file that has one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
            line += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as broken:
        line += broken.object[: broken.start].count(b"\n")
    return line


def _looks_wide(chunk: bytes) -> bool:
    """UTF-16 or UTF-32: by its mark, or because a third of the first bytes are zero."""
    probe = chunk[:_PROBE]
    return probe.startswith(_UTF16_OR_32) or (len(probe) >= 4 and probe.count(0) * 3 >= len(probe))


def line_blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content in blocks that end at a line's end (the last one gets its line feed).

    Of a line beyond all bounds only the begin is kept, which is still more than a record may have.
    """
    rest = b""
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield rest + chunk[:cut]
            rest = chunk[cut:]
        else:
            rest = rest + chunk if len(rest) <= LONGEST_RECORD else rest
    if rest:
        yield rest + b"\n"
