"""The named queries: files of SQL in Athena's dialect, each with a first line that says what it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class NamedQuery:
    """One query; `sql` is the whole file, its comments included."""

    name: str
    meaning: str
    sql: str


def named_queries(folder: Path) -> Iterator[NamedQuery]:
    """Every `*.sql` of the folder by name. Raises `ValueError` for a file whose first line says nothing."""
    for path in sorted(folder.glob("*.sql")):
        sql = path.read_text()
        first = sql.partition("\n")[0]
        if not first.startswith("-- "):
            raise ValueError(f"{path.name} begins with {first!r}; expected a comment that says what the query answers")
        yield NamedQuery(name=path.stem, meaning=first.removeprefix("-- ").strip(), sql=sql)
