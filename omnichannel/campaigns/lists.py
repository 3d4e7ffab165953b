"""Gzipped CSV files that grow on disk and are put into the lake whole: the same rows make the same bytes."""

import csv
import gzip
import io
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from omnichannel.contracts import zones

GZIP_LEVEL = 6


class Lists:
    """One list a campaign, with a header even when nobody is in it; none goes to the lake before the last row of all is written."""

    def __init__(self, s3: Any, bucket: str, run: str, columns: Sequence[str], names: Iterable[str]) -> None:
        self._s3, self._bucket, self._run, self._columns, self._names = s3, bucket, run, columns, list(names)
        self._writers: dict[str, Any] = {}
        self._paths: dict[str, Path] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self._files = self._open.enter_context(ExitStack())
        for name in self._names:
            self._paths[name] = folder / name
            self._writers[name] = self._writer(self._paths[name])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._open:
            self._files.close()
            for name, path in self._paths.items() if kind is None else ():
                extra = {"ContentType": "application/gzip"}
                self._s3.upload_file(str(path), self._bucket, zones.campaign_list(self._run, name), ExtraArgs=extra)

    def add(self, name: str, row: Iterable[str]) -> None:
        """One more row of a list."""
        self._writers[name].writerow(row)

    def _writer(self, path: Path) -> Any:
        raw = self._files.enter_context(path.open("wb"))
        packed = self._files.enter_context(gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=raw, mtime=0))
        text = self._files.enter_context(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(self._columns)
        return rows
