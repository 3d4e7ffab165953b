"""DuckDB for one test, and the facts of a shop in it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines import source
from pipelines.engine import DuckDb
from pipelines.tables import Facts
from tests.unit.pipelines.shops import AS_OF, Shop


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDb]:
    made = DuckDb(tmp_path)
    yield made
    made.close()


@pytest.fixture
def facts_of(engine: DuckDb) -> Callable[..., Facts]:
    """The facts of a shop as of a date, with the events of the year before it."""

    def make(shop: Shop, as_of: date = AS_OF) -> Facts:
        oldest = as_of - timedelta(days=365)
        source.read_trusted(shop, "trusted", engine, as_of, oldest)
        return Facts(engine, as_of, oldest)

    return make


@pytest.fixture
def empty_shop() -> Shop:
    return Shop()
