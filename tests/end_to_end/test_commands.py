"""Commands that only read answer where nothing is installed but what `make setup` installs."""

import csv
import zipfile
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Demo

READING = (
    ("experiment", "report", "holdout"),
    ("experiment", "report", "win-back-message"),
    ("identity",),
    ("triggers", "backtest", "highly-interested"),
    ("segments",),
    ("model", "churn"),
    ("activations", "show"),
    ("scores", "list"),
    ("sources",),
    ("tables",),
    ("query", "customers_by_segment"),
    ("personalize", "plan"),
)


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_answers(demo: Demo, command: tuple[str, ...]) -> None:
    done = demo.omni(*command)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_what_is_held_about_a_scored_customer_is_exported(demo: Demo, tmp_path: Path) -> None:
    with (demo.out / "scores.csv").open(newline="") as scores:
        customer = next(csv.DictReader(scores))["customer_id"]

    done = demo.omni("export", customer, "--out", str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.zip"))) as bundle:
        assert customer in bundle.read("scores.jsonl").decode()
        assert customer in bundle.read("segments.jsonl").decode()
