"""The page about data sets says what the contracts say."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from omnichannel.contracts.datasets import DATASETS, Dataset, Format
from omnichannel.onboarding.check import bad_rows, check, connect, find_duplicates
from omnichannel.onboarding.sources import csv_source, json_source
from sandbox.docs_data_sets import PAGE, main, page


def example_of(dataset: Dataset) -> bytes:
    """The block of code in the data set's section."""
    section = page().split(f"\n## {dataset.name}\n", 1)[1]
    return re.findall(r"```(?:csv|json)\n(.*?\n)```", section, re.DOTALL)[0].encode()


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == page(), "run: python -m sandbox.docs_data_sets"


def test_check_says_whether_the_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stale = tmp_path / "data-sets.md"
    stale.write_text("# Data sets\n")
    monkeypatch.setattr("sandbox.docs_data_sets.PAGE", stale)

    codes = [main(["--check"]), main([]), main(["--check"])]

    assert codes == [1, 0, 0]


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda d: d.name)
def test_every_data_set_and_column_is_on_the_page(dataset: Dataset) -> None:
    section = page().split(f"\n## {dataset.name}\n", 1)[1].split("\n## ", 1)[0]

    assert [c.name for c in dataset.columns if f"| `{c.name}` |" not in section] == []


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda d: d.name)
def test_every_example_keeps_its_contract(dataset: Dataset, tmp_path: Path) -> None:
    connection = connect(tmp_path, memory_mb=256, threads=1)
    chunks = iter([example_of(dataset)])
    as_json = dataset.formats == (Format.JSON_LINES,)
    source = json_source(connection, dataset, chunks, tmp_path) if as_json else csv_source(dataset, chunks, tmp_path)

    every = check(connection, dataset, source, datetime(2026, 11, 22, tzinfo=UTC))
    find_duplicates(connection, dataset)

    assert list(bad_rows(connection, dataset, source, every)) == []
    assert connection.execute("SELECT count(*) FROM checked").fetchall() == [(1,)]
