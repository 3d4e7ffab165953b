"""Who is in an experiment is the same rule in every arm, and the read-out finds an effect that was put in."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from omnichannel.experiments import measure, result
from omnichannel.experiments.exposures import DECISIONS, exposures, names, plan_of
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.experiments import HOLDOUT, Metric
from sandbox.flow.experiment_commands import written
from tests.integration.experiments.test_measure import LONG_AGO, lake, put

DAY = LONG_AGO.date()
COLUMNS = {name: pa.string() for name in ("customer_id", "refused", "arms", "action", "playbook")} | {"as_of": pa.date32()}


def decided(customer: str, arm: str, refused: dict[str, list[str]], *, day: date = DAY, holdout: str = "in", playbook: str = "p1"):
    return customer, json.dumps(refused), json.dumps({"x": arm, HOLDOUT: holdout}), "", playbook, day


def drawn(work: Path, rows, experiment: str = "x", actions=("offer", "call"), now=None) -> dict[str, str]:
    """`now` are the arms as the playbook draws them today; left out, they are those of the rows."""
    made = lake(work)
    put(made, DECISIONS, COLUMNS, rows)
    arms = now or {row[0]: json.loads(row[2])[experiment] for row in rows}
    try:
        return {row["customer_id"]: row["arm"] for row in exposures(made, experiment, actions, arms.__getitem__).to_pylist()}
    finally:
        made.close()


def test_whoever_the_campaign_could_have_reached_is_in_it_in_either_arm(tmp_path: Path):
    rows = [
        decided("treated", "treatment", {"call": ["no-consent"]}),
        decided("left-out", "control", {"call": ["control-group", "no-consent"], "offer": ["control-group"]}),
        decided("not-meant", "control", {"call": ["control-group", "not-eligible"], "offer": ["control-group", "not-eligible"]}),
        decided("not-meant-either", "treatment", {"call": ["not-eligible"], "offer": ["not-eligible"]}),
        decided("hears-nothing", "treatment", {"call": ["holdout"], "offer": ["holdout"]}, holdout="out"),
    ]

    assert drawn(tmp_path, rows) == {"treated": "treatment", "left-out": "control"}


def test_what_was_decided_under_another_draw_does_not_count(tmp_path: Path):
    earlier = DAY - timedelta(days=30)
    left_out = {"offer": ["control-group"]}
    rows = [decided("moved", "control", left_out, day=earlier), decided("moved", "treatment", {}), decided("gone", "control", left_out)]

    found = drawn(tmp_path, rows, now={"moved": "treatment", "gone": "treatment"})

    assert found == {"moved": "treatment"}


def test_an_action_that_was_added_later_was_not_allowed_before(tmp_path: Path):
    rows = [
        decided("before", "treatment", {"call": ["not-eligible"]}),
        decided("after", "treatment", {"call": ["not-eligible"]}, playbook="p2"),
        decided("other", "treatment", {"call": ["not-eligible"], "offer": ["not-eligible"]}, playbook="p2"),
    ]

    assert drawn(tmp_path, rows) == {"after": "treatment"}


def test_the_holdout_is_about_everybody(tmp_path: Path):
    rows = [decided("a", "t", {"offer": ["not-eligible"]}), decided("b", "t", {"offer": ["holdout"]}, holdout="out")]

    assert drawn(tmp_path, rows, HOLDOUT, ()) == {"a": "in", "b": "out"}


def test_every_experiment_of_the_playbook_has_a_plan():
    found = playbook()

    plans = [plan_of(found.experiments, name, campaign) for name, campaign in names(found).items()]

    assert plans[0].name == HOLDOUT
    assert all(plan.control in plan.arms and sum(plan.arms.values()) == pytest.approx(1) for plan in plans)


def test_an_effect_that_was_put_in_is_read_from_the_tables_and_shown(tmp_path: Path):
    chance, plan = np.random.default_rng(4), plan_of(playbook().experiments, HOLDOUT, "")
    people = [(f"c{n}", "out" if n % 20 == 0 else "in") for n in range(12_000)]
    buys = [(who, LONG_AGO + timedelta(days=1), 30) for who, arm in people if chance.random() < (0.12 if arm == "in" else 0.06)]
    made = lake(tmp_path, orders=buys)
    put(made, DECISIONS, COLUMNS, [decided(who, "t", {}, holdout=arm) for who, arm in people])

    arms_of = dict(people)
    arms = measure.arms(made, exposures(made, HOLDOUT, (), arms_of.__getitem__), window_days=plan.window_days, currency="EUR")
    found = result.read(plan, arms)
    made.close()

    (reading,) = found.of(Metric.CONVERSION)
    assert found.trusted
    assert reading.difference.low < 0.06 < reading.difference.high
    assert reading.difference.low > 0
    page = written(found, tmp_path / "out").read_text()
    assert "In raised conversion" in page
    assert "<svg" in (tmp_path / "out" / "holdout.svg").read_text()
    assert json.loads((tmp_path / "out" / "holdout.json").read_text())["arms"]["out"]["customers"] == 600
