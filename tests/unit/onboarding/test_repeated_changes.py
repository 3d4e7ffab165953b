"""Several changes of one key at one moment: each counts, unless it says what the one before it said."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from omnichannel.onboarding.examine import GOOD, Content, examine

NOW = datetime(2026, 11, 1, tzinfo=UTC)
AT, LATER = "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"


def change(op: str, quantity: str, at: str = AT, product: str = "P1") -> str:
    return f"{op},{at},{product},L1,{quantity},{at if quantity else ''}"


def staged(folder: Path, *rows: str, key: str = "dms/inventory/stock_levels/20260103-000000500.csv") -> list[dict[str, Any]]:
    """The staged rows of such a file, in its order."""
    landed, work = folder / "landed", folder / "work"
    landed.write_text("\n".join(["Op,source_ts,product_id,location_id,quantity,updated_at", *rows]) + "\n")
    work.mkdir()
    examine(landed, Content(content_id="content", key=key, received=NOW), work, now=NOW)
    found: list[dict[str, Any]] = pq.read_table(work / GOOD).sort_by("_line").to_pylist()
    return found


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ((change("U", "1"), change("U", "2")), [1, 2]),
        ((change("U", "1"), change("U", "2"), change("U", "1")), [1, 2, 3]),
        ((change("I", "1"), change("D", ""), change("I", "1")), [1, 2, 3]),
        ((change("U", "1"), change("U", "1")), [1]),
        ((change("D", ""), change("D", "")), [1]),
        ((change("U", "1"), change("U", "1", LATER)), [1, 2]),
        ((change("U", "1"), change("U", "2", LATER), change("U", "1")), [1, 2]),
        ((change("U", "1"), change("U", "1", product="P2")), [1, 2]),
    ],
    ids=lambda value: " ".join(row[0] + row.split(",")[4] for row in value) if isinstance(value[0], str) else "",
)
def test_every_change_is_kept_that_says_something_new(rows: tuple[str, ...], kept: list[int], tmp_path: Path):
    assert [row["_line"] for row in staged(tmp_path, *rows)] == kept


def test_rows_of_a_change_file_know_its_place(tmp_path: Path):
    assert staged(tmp_path, change("U", "1"))[0]["_sequence"] == 20260103000000500


def test_rows_of_a_full_load_come_before_every_change_file(tmp_path: Path):
    assert staged(tmp_path, change("U", "1"), key="dms/inventory/stock_levels/LOAD00000001.csv")[0]["_sequence"] == 0
