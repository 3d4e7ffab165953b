import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.folder_lake import folder_lake
from sandbox.notebook import AS_OF, CUSTOMERS, open_data
from tests.notebooks.run import NOTEBOOKS, read, run


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One generated shop for every notebook."""
    folder = tmp_path_factory.mktemp("shop")
    folder_lake(folder, customers=CUSTOMERS, as_of=AS_OF)
    return folder


def code(path: Path) -> Iterator[str]:
    return (cell.source for cell in read(path).cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, shop: Path) -> None:
    done = run(path, {"OMNI_DATA": "folder", "OMNI_FOLDER": str(shop)})

    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    pictures = [output for cell in cells for output in cell.outputs if "image/png" in output.get("data", {})]
    complaints = [output.text for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
    assert pictures
    assert complaints == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_what_it_printed(path: Path) -> None:
    kept = [(cell.execution_count, cell.outputs) for cell in read(path).cells if cell.cell_type == "code"]

    assert kept == [(None, [])] * len(kept)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_and_does_not_define(path: Path) -> None:
    parsed = [node for cell in code(path) for node in ast.walk(ast.parse(cell))]

    assert [node.name for node in parsed if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_opens_its_data_before_anything_else(path: Path) -> None:
    first = next(code(path))

    assert first.startswith("from sandbox.notebook import open_data\n\ndata = open_data()")


def test_a_place_that_is_none_says_which_there_are() -> None:
    with pytest.raises(SandboxError, match="one of folder, sandbox, aws"):
        open_data({"OMNI_DATA": "laptop"})


def test_a_day_that_is_none_says_what_works() -> None:
    with pytest.raises(SandboxError, match="OMNI_AS_OF=2026-11-01"):
        open_data({"OMNI_AS_OF": "yesterday"})


def test_a_folder_of_another_shop_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder_lake(folder, customers=320, as_of=date(2026, 3, 1))

    catalog = folder_lake(folder, customers=300, as_of=date(2026, 3, 1))

    customers = catalog.load_table(("trusted", "customers_changes")).scan(selected_fields=("customer_ref",)).to_arrow()
    assert len(set(customers["customer_ref"].to_pylist())) in range(300, 320)
