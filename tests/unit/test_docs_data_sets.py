"""The page about data sets says what the contracts say."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from omnichannel.contracts.datasets import DATASETS, Dataset, Format
from omnichannel.contracts.tracking_plan import PLAN
from omnichannel.onboarding.validate import validate
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
    name = "example.jsonl" if dataset.formats == (Format.JSON_LINES,) else "example.csv"
    (tmp_path / name).write_bytes(example_of(dataset))

    result = validate(tmp_path / name, dataset.prefix + name, received=datetime(2026, 11, 22, tzinfo=UTC))

    assert (result.problems, result.refused, result.rows) == ([], None, 1)
    assert (result.unknown, result.plan) == ([], [])


def test_the_tracking_plan_is_on_the_page() -> None:
    section = page().split("\n## Tracking plan\n", 1)[1].split("\n## ", 1)[0]

    assert [name for name in PLAN if f"\n| {name} | " not in section] == []
    needed = "`order_id`, `products`, `products[].product_id`, `total` or `revenue` or `value`"
    assert f"| Order Completed | {needed} | `currency` | paid; once Completed Order |" in section
