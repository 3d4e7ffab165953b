"""Drift: the stability index against its definition, chance told from drift, and what a missing reference says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.drift import NO_REFERENCE, Bins, Drift, Reference, summary

DRAWN = np.random.default_rng(7)
SCORES = np.full(2000, 0.5)


def reference(folder: Path, values: np.ndarray, **more: Any) -> Reference:
    """As a model archive has it, of one feature with ten bins of equal shares."""
    edges = np.quantile(values, np.linspace(0, 1, 11)).tolist()
    told = {"rows": len(values), "features": {"visits": {"edges": edges, "shares": [0.1] * 10, "unknown": 0.0}}, **more}
    (folder / "reference.json").write_text(json.dumps(told))
    found = Reference.load(folder)
    assert found
    return found


def reported(found: Reference | None, values: np.ndarray) -> dict[str, Any]:
    drift = Drift(found, ["visits"])
    for lot in np.array_split(values, 3):
        drift.add(lot[:, None], np.full(len(lot), 0.5))
    return drift.report()


def test_the_index_is_that_of_its_definition() -> None:
    bins = Bins(edges=[0, 1, 2], shares=[0.5, 0.5])

    counts = bins.count(np.array([0.1] * 20 + [1.5] * 80))

    assert counts.tolist() == [20, 80, 0]
    assert bins.psi(counts) == pytest.approx((0.2 - 0.5) * np.log(0.2 / 0.5) + (0.8 - 0.5) * np.log(0.8 / 0.5))


def test_a_value_on_an_edge_is_in_the_bin_above_as_in_numpys_histogram() -> None:
    values = DRAWN.integers(0, 5, 500).astype(float)
    edges = [0.0, 1.0, 2.0, 4.0]
    shares = np.histogram(values, edges)[0] / 500

    found = Bins(edges=edges, shares=shares.tolist())

    assert found.psi(found.count(values)) == pytest.approx(0)


def test_customers_as_before_have_not_drifted_and_others_have(tmp_path: Path) -> None:
    found = reference(tmp_path, DRAWN.normal(size=5000))

    same, moved = reported(found, DRAWN.normal(size=2000)), reported(found, DRAWN.normal(0.8, size=2000))

    assert (same["verdict"], moved["verdict"]) == ("stable", "large")
    assert summary(moved)["drifted"] == ["visits"] == [summary(same)["worst_feature"]]


def test_what_thirty_customers_differ_by_is_chance(tmp_path: Path) -> None:
    found = reference(tmp_path, DRAWN.normal(size=5000))

    (told,) = reported(found, DRAWN.normal(size=30))["features"]

    assert told["psi"] > 0.1
    assert told["psi"] < told["chance"]
    assert told["level"] == "stable"


def test_chance_is_exceeded_once_in_a_hundred_times() -> None:
    bins = Bins(edges=np.linspace(0, 1, 11).tolist(), shares=[0.1] * 10)

    exceeded = sum(bins.psi(bins.count(DRAWN.random(3000))) > bins.chance(3000, 0) for _ in range(2000))

    assert 5 <= exceeded <= 40


def test_values_that_became_unknown_are_drift(tmp_path: Path) -> None:
    found = reference(tmp_path, DRAWN.normal(size=5000))
    values = DRAWN.normal(size=2000)
    values[:600] = np.nan

    (told,) = reported(found, values)["features"]

    assert told["level"] == "large"
    assert told["unknown"] == {"then": 0.0, "now": 0.3}


def test_features_are_reported_worst_first(tmp_path: Path) -> None:
    bins = {"edges": [0, 1, 2], "shares": [0.5, 0.5]}
    told = {"rows": 9000, "features": {"a": bins, "b": bins, "c": bins}, "score": {"edges": [0.5], "counts": [10, 90]}}
    (tmp_path / "reference.json").write_text(json.dumps(told))
    drift = Drift(Reference.load(tmp_path), ["a", "b", "c", "new"])

    moved = np.tile(np.array([0.5, 1.5]), 500)
    drift.add(np.column_stack([moved, np.where(np.arange(1000) < 200, 0.5, 1.5), np.full(1000, 1.5), moved]), DRAWN.random(1000))

    report = drift.report()
    assert [each["name"] for each in report["features"]] == ["c", "b", "a"]
    assert report["unreferenced"] == ["new"]
    assert summary(report)["score_psi"] == report["score"]["psi"] > 0.2


def test_without_a_reference_the_verdict_says_so(tmp_path: Path) -> None:
    report = reported(Reference.load(tmp_path), np.ones(10))

    assert report["verdict"] == NO_REFERENCE
    assert report["rows"] == 10
    assert summary(report) == {"verdict": NO_REFERENCE, "score_psi": None, "worst_feature": None, "worst_psi": None, "drifted": []}


@pytest.mark.parametrize("told", [{"score": None}, {"features": {"a": {"edges": [1, 2, 3, 4, 5], "shares": [1.0]}}}, {"features": ["a"]}])
def test_a_reference_that_is_none_says_what_was_expected(tmp_path: Path, told: dict[str, Any]) -> None:
    (tmp_path / "reference.json").write_text(json.dumps(told))

    with pytest.raises(ValueError, match="expected features and score with edges and shares"):
        Reference.load(tmp_path)
