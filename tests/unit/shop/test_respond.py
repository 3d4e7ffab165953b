"""The aftermath of an activation is one that onboarding trusts and that holds the effect that was asked for."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from omnichannel.contracts.datasets import BY_NAME
from omnichannel.onboarding.examine import Content, examine
from sandbox.shop.respond import EFFECTS, Customer, respond

SINCE = date(2026, 11, 1)
PRODUCTS = {"p1": 10.0, "p2": 25.5}


def crowd(n: int) -> list[Customer]:
    return [
        Customer(
            customer_id=f"c{i}", customer_ref=f"r{i}", p=0.1, reached=i % 2 == 0, campaign="win-back", run="run", sink="file",
            message_id=f"m{i}", arms={"x": "treatment" if i % 2 == 0 else "control"},
        )
        for i in range(n)
    ]  # fmt: skip


def aftermath(folder: Path, n: int = 4_000, **more):
    return respond(folder / "landing", crowd(n), PRODUCTS, since=SINCE, days=14, **{"effect": 0.2, "basket": 40, "currency": "EUR", **more})


def test_the_effect_is_the_one_that_was_asked_for(tmp_path: Path):
    told = aftermath(tmp_path)

    arms = told.by_arm["x"]
    base = 1 - 0.9 ** (14 / 30)
    assert arms["control"]["buyers"] / 2_000 == pytest.approx(base, abs=4 * np.sqrt(base / 2_000))
    assert told.caused / 2_000 == pytest.approx(0.2 * (1 - base), abs=0.035)
    assert arms["treatment"]["buyers"] > arms["control"]["buyers"] + 250
    assert json.loads((tmp_path / EFFECTS).read_text())["caused"] == told.caused


@pytest.mark.parametrize("dataset", ["sales/orders", "sales/order_lines", "messaging-feedback"])
def test_every_row_of_every_file_is_trusted(tmp_path: Path, dataset: str):
    aftermath(tmp_path, 300)
    (file,) = (tmp_path / "landing" / BY_NAME[dataset].prefix).iterdir()
    key = str(file.relative_to(tmp_path / "landing"))

    (work := tmp_path / "work").mkdir()
    now = datetime(2026, 11, 20, tzinfo=UTC)
    found = examine(Path(shutil.copy(file, work / "landed")), Content(content_id="a" * 40, key=key, received=now), work, now=now)

    assert not found.quarantined
    assert found.rows_staged > 0


def test_the_same_seed_makes_the_same_files(tmp_path: Path):
    for name in "ab":
        aftermath(tmp_path / name, 200)

    a, b = ({f.name: f.read_bytes() for f in (tmp_path / name / "landing").rglob("*.csv")} for name in "ab")
    assert a == b


@pytest.mark.parametrize("wrong", [{"effect": 1.5}, {"products": {}}])
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, wrong):
    given = {"products": PRODUCTS, "effect": 0.1, **wrong}
    with pytest.raises(ValueError, match="expected"):
        respond(tmp_path / "x", crowd(3), given["products"], since=SINCE, days=3, effect=given["effect"], basket=40, currency="EUR")
