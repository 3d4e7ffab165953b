"""Trusted tables in a catalog of their own, as files on this disk."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from omnichannel.contracts.datasets import STOCK_LEVELS
from omnichannel.onboarding.schema import arrow_schema, iceberg_schema

DATABASE = "trusted"
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = STOCK_LEVELS.trusted_columns


def change(product: str, quantity: int | None, day: int, **more: Any) -> dict[str, Any]:
    """A row of `stock_levels_changes`."""
    at = datetime(2026, 10, day, tzinfo=UTC)
    row = {"op": "U", "source_ts": at, "product_id": product, "location_id": "L", "quantity": quantity, "updated_at": at}
    return {**row, "_content_id": "content", "_line": day, "_sequence": 0, **more}


def rows(*changes: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(changes), schema=arrow_schema(COLUMNS))


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = SqlCatalog("trusted", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    made.create_namespace(DATABASE)
    return made


@pytest.fixture
def stock(catalog: Catalog) -> Any:
    """The table `stock_levels_changes`, with nothing in it."""
    return catalog.create_table((DATABASE, STOCK_LEVELS.table), schema=iceberg_schema(COLUMNS))
