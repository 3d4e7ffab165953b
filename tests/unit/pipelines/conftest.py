"""DuckDB for one test, and the facts of a shop in it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from pipelines import source
from pipelines.tables import Facts
from tests.unit.pipelines.shops import AS_OF, Shop


@pytest.fixture
def con(tmp_path: Path) -> Iterator[Backend]:
    made = source.engine(tmp_path)
    yield made
    made.disconnect()


@pytest.fixture
def facts_of(con: Backend) -> Callable[..., Facts]:
    """The facts of a shop as of a date, with the events of the year before it."""

    def make(shop: Shop, as_of: date = AS_OF) -> Facts:
        source.read_trusted(shop, "trusted", con, as_of, as_of - timedelta(days=365))
        return Facts(con, as_of)

    return make


@pytest.fixture
def empty_shop() -> Shop:
    return Shop()
