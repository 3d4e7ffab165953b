"""`omni validate` and `omni datasets` need nothing that runs, teach, and exit with 1 when something would be refused."""

import re
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from omnichannel.contracts.datasets import DATASETS, ORDERS
from sandbox.errors import SandboxError
from sandbox.flow.validate_commands import register

HEADER = "customer_ref,created_at,source_ts,email,birth_date\n"
GOOD = "C1,2026-01-01,2026-01-01,ada@mail.example,1984-05-17\n"


class Told:
    """What a command said and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> tuple[int, str]:
        app = typer.Typer()
        register(app, Console(width=300))
        result = CliRunner().invoke(app, list(args))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, re.sub(r"\s+", " ", result.output + self._capsys.readouterr().out)


@pytest.fixture
def omni(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(HEADER + GOOD)
    return path


def test_a_good_file_exits_with_0(omni: Told, customers: Path) -> None:
    code, said = omni("validate", str(customers), "--dataset", "crm/customers")

    assert code == 0
    assert "1 rows: 1 good, 0 would be refused" in said
    assert "every row would be trusted" in said


def test_a_bad_file_exits_with_1_and_keeps_personal_values_to_itself(omni: Told, customers: Path) -> None:
    customers.write_text(HEADER + GOOD + GOOD.replace("C1", "C2").replace("1984-05-17", "17.05.1984"))

    code, said = omni("validate", str(customers), "--key", "dms/crm/customers/LOAD1.csv")
    _, shown = omni("validate", str(customers), "--key", "dms/crm/customers/LOAD1.csv", "--show-values")

    assert code == 1
    assert "birth_date wrong-type 99.99.9999 write a date such as 1984-05-17" in said
    assert "17.05.1984" not in said
    assert "17.05.1984" in shown


def test_a_file_that_fails_as_a_whole_says_so(omni: Told, customers: Path) -> None:
    customers.write_text(HEADER + "".join(GOOD.replace("C1", f"C{n}").replace("1984", "84") for n in range(9)))

    code, said = omni("validate", str(customers), "--dataset", "crm/customers")

    assert code == 1
    assert "too-many-bad-rows: nothing of the file would be trusted" in said


def test_one_bad_file_among_several_exits_with_1(omni: Told, customers: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_bytes(b"")

    code, said = omni("validate", str(customers), str(other), "--dataset", "crm/customers")

    assert code == 1
    assert "refused whole: empty-file" in said
    assert "every row would be trusted" in said


def test_a_file_of_no_known_data_set_is_asked_about(omni: Told, customers: Path) -> None:
    with pytest.raises(SandboxError, match="which data set is it"):
        omni("validate", str(customers))


def test_the_contracts_are_listed_and_each_is_told_in_full(omni: Told) -> None:
    code, listed = omni("datasets")
    _, told = omni("datasets", ORDERS.name)

    assert code == 0
    assert [dataset.name for dataset in DATASETS if dataset.name not in listed] == []
    assert [column.name for column in ORDERS.landed_columns if column.name not in told] == []
    assert "pos/orders/" in told


def test_a_data_set_that_is_none_is_told_with_those_there_are(omni: Told) -> None:
    with pytest.raises(SandboxError, match="there is no 'sales/order'"):
        omni("datasets", "sales/order")


def test_the_help_teaches(omni: Told) -> None:
    _, said = omni("validate", "--help")

    assert "omni validate orders.csv --dataset sales/orders" in said
    assert "Exit code 0" in said
