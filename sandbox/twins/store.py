"""What a twin knows, kept over restarts: documents by kind and key in one SQLite file."""

import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

Document = dict[str, Any]
_TIME = "$datetime"


class Store:
    """Documents (JSON values plus datetimes) under a kind and a key. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents "
            "(position INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (kind, key))"
        )

    def put(self, kind: str, key: str, value: Document) -> None:
        """Keep `value`; a document that exists keeps its place in the order of `all`."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO documents (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
                (kind, key, _encode(value)),
            )

    def get(self, kind: str, key: str) -> Document | None:
        """A copy of the document, or None."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM documents WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else _decode(row[0])

    def delete(self, kind: str, key: str) -> bool:
        """Whether there was such a document."""
        with self._lock:
            return self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def all(self, kind: str) -> list[Document]:
        """Copies of all documents of a kind, oldest first."""
        with self._lock:
            rows = self._connection.execute("SELECT value FROM documents WHERE kind = ? ORDER BY position", (kind,)).fetchall()
        return [_decode(row[0]) for row in rows]

    def update(self, kind: str, key: str, change: Callable[[Document], Document]) -> Document:
        """Replace a document by `change(document)`, with nobody else writing in between. KeyError when it does not exist."""
        with self._lock:
            current = self.get(kind, key)
            if current is None:
                raise KeyError(f"{kind} {key}")
            changed = change(current)
            self.put(kind, key, changed)
            return changed

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _encode(value: Document) -> str:
    return json.dumps(value, default=_time_out, separators=(",", ":"))


def _decode(text: str) -> Document:
    decoded: Document = json.loads(text, object_hook=_time_in)
    return decoded


def _time_out(value: Any) -> Document:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    raise TypeError(f"cannot keep a {type(value).__name__}; expected JSON values and datetimes")


def _time_in(value: Document) -> Any:
    return datetime.fromisoformat(value[_TIME]) if value.keys() == {_TIME} else value
