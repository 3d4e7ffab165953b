"""What a landed file is: its data set by its key, its format by its name and first bytes."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from omnichannel.contracts.datasets import Dataset, Format
from omnichannel.contracts.reasons import Reason

GZIP_MAGIC = b"\x1f\x8b"
NO_SPACE = "No space left"
"""Stands in what DuckDB says of a full disk."""
PARQUET_MAGIC = b"PAR1"
_ARCHIVES = (
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"Rar!\x1a\x07",
    *(b"BZh%d1AY&SY" % n for n in range(1, 10)),
)
"""How zip, 7z, xz, Zstandard, RAR and bzip2 begin: none of them is unpacked, whatever the name says."""
_ENDINGS = {
    ".csv": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".json": Format.JSON_LINES,
    ".parquet": Format.PARQUET,
}


@dataclass(eq=False)
class FileRefused(Exception):
    """The file as a whole cannot be trusted.

    `rows` is how many of its rows could be counted, `line` the first wrong line, from 1, where it is known.
    """

    reason: Reason
    column: str = ""
    rows: int = 1
    line: int = 0

    def __str__(self) -> str:
        return f"file refused: {self.reason}" + (f" ({self.column})" if self.column else "")


def format_of(dataset: Dataset, key: str, first: bytes) -> Format:
    """The format of a landed file of `dataset`; raises `FileRefused` when the data set does not come in it.

    A name without a telling ending (`….gz`, or none) has the data set's only text format, else the one its content looks like:
    `first` are the first bytes after decompression.
    """
    if first.startswith(_ARCHIVES):
        raise FileRefused(Reason.UNKNOWN_FORMAT)
    found = Format.PARQUET if first.startswith(PARQUET_MAGIC) else _by_name(dataset, key, first)
    if found not in dataset.formats:
        raise FileRefused(Reason.UNKNOWN_FORMAT)
    return found


def ending(key: str) -> str:
    """What the name says of the format: its ending in small letters, that of gzip aside; empty where it says nothing."""
    endings = [e.lower() for e in PurePosixPath(key).suffixes]
    if endings and endings[-1] in (".gz", ".gzip"):
        endings.pop()
    return endings[-1] if endings and (endings[-1] in _ENDINGS or endings[-1][1:].isalpha()) else ""


def _by_name(dataset: Dataset, key: str, first: bytes) -> Format:
    told = ending(key)
    if told in _ENDINGS:
        return _ENDINGS[told]
    if told:
        raise FileRefused(Reason.UNKNOWN_FORMAT)
    text = [f for f in dataset.formats if f is not Format.PARQUET]
    if len(text) == 1:
        return text[0]
    return Format.JSON_LINES if first.lstrip()[:1] == b"{" else Format.CSV
