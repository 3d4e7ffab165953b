"""What a twin received: JSON lines, only ever appended to."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any


class Records:
    """The received things of one twin, in the order in which they came.

    Each line is an object with `at` (ISO 8601, UTC), `kind` and the fields given. A process that was killed in the middle
    of a line leaves no half line behind: it is cut off at the next start.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_half_line(path)
        self._file = path.open("ab")

    def append(self, kind: str, **fields: Any) -> None:
        """Add one line; values that JSON lacks (datetimes, bytes) are written as text."""
        line = json.dumps({"at": self._now().isoformat(), "kind": kind, **fields}, default=_as_text, separators=(",", ":"))
        with self._lock:
            self._file.write(line.encode() + b"\n")
            self._file.flush()

    def read(self, limit: int | None = None, **equal: str) -> list[dict[str, Any]]:
        """The lines whose fields equal the given texts, oldest first; with `limit` only the newest so many."""
        found = [line for line in self._lines() if all(str(line.get(name)) == value for name, value in equal.items())]
        return found if limit is None else found[max(len(found) - limit, 0) :]

    def drop(self, unwanted: Callable[[dict[str, Any]], bool]) -> int:
        """Forget the lines that are unwanted, as if they had never come; gives how many."""
        with self._lock:
            kept = self.path.read_bytes().splitlines(keepends=True)
            left = [line for line in kept if not unwanted(json.loads(line))]
            half = self.path.with_suffix(".half")
            half.write_bytes(b"".join(left))
            self._file.close()
            half.replace(self.path)
            self._file = self.path.open("ab")
        return len(kept) - len(left)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lines(self) -> Iterator[dict[str, Any]]:
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield json.loads(line)


def _as_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _cut_half_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
