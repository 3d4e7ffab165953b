"""Training and evaluation on made-up customers: what is learned, chosen, refused and kept."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from omnichannel.scoring.model import ModelVersionError, TrainedModel
from pipelines import archive, champion, tuning
from pipelines.customers import OneClassError, TooFewCustomersError
from pipelines.steps import train
from tests.unit.pipelines.customers import FEATURES, evaluate_in, lay, train_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained and evaluated model."""
    folder = lay(tmp_path_factory.mktemp("shop"))
    train_in(folder)
    evaluate_in(folder)
    return folder


def told(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "evaluation" / "evaluation.json").read_text())
    return found


def matrix(folder: Path) -> np.ndarray:  # type: ignore[type-arg]
    return pd.read_parquet(folder / "test")[list(FEATURES)].to_numpy(dtype=np.float64)


def test_the_archive_holds_all_that_scoring_review_and_drift_read(shop: Path, tmp_path: Path) -> None:
    archive.extract(shop / "repacked" / "model.tar.gz", tmp_path)

    names = {p.name for p in tmp_path.iterdir()}

    kept = {"features", "xgboost", "baselines", "blend", "calibration", "parameters", "published", "reference", "evaluation", "card"}
    assert {f"{name}.json" for name in kept} | {"code"} <= names
    assert {p.name for p in (tmp_path / "code").iterdir()} == {"inference.py", "scoring_model.py"}


def test_four_baselines_stand_beside_the_trees_with_intervals(shop: Path) -> None:
    found = told(shop)

    assert set(found["candidates"]) == {"xgboost", "recency_rule", "rfm_logistic", "bg_nbd", "wide_logistic"}  # type: ignore[call-overload]
    for each in found["candidates"].values():  # type: ignore[attr-defined]
        low, high = each["intervals"]["roc_auc"]
        assert low < each["roc_auc"] < high


def test_drivers_come_in_order_with_the_direction_that_was_built_in(shop: Path) -> None:
    found = told(shop)

    drivers = {each["name"]: each["direction"] for each in found["curves"]["drivers"]}  # type: ignore[index]
    assert (drivers["recency_days"], drivers["product_views_30d"]) == ("-", "+")
    assert found["expected_drivers"]["agrees"][0] in ("recency_days", "product_views_30d")  # type: ignore[index]
    assert "gone" in found["expected_drivers"]["missing"]  # type: ignore[index]


def test_a_card_says_what_the_model_is_for_and_made_of(shop: Path) -> None:
    card = json.loads((shop / "evaluation" / "card.json").read_text())

    assert "not_for" in card["intended_use"]
    assert card["data"]["snapshot"] == "d1"
    assert card["metrics"]["roc_auc"]["interval"][0] < card["metrics"]["roc_auc"]["value"]
    assert len(card["code"]) == 16


def test_shares_of_the_reference_add_up(shop: Path, tmp_path: Path) -> None:
    archive.extract(shop / "repacked" / "model.tar.gz", tmp_path)
    found = json.loads((tmp_path / "reference.json").read_text())

    views = found["features"]["product_views_30d"]
    assert sum(views["shares"]) == pytest.approx(1.0)
    assert 0.1 < views["unknown"] < 0.3
    assert len(found["score"]["edges"]) == len(found["score"]["shares"]) + 1


def test_the_same_customers_give_the_same_archive(shop: Path, tmp_path: Path) -> None:
    again = lay(tmp_path)
    train_in(again)
    evaluate_in(again)

    assert (again / "repacked" / "model.tar.gz").read_bytes() == (shop / "repacked" / "model.tar.gz").read_bytes()


def test_without_a_validation_window_decisions_are_made_out_of_fold(tmp_path: Path) -> None:
    folder = lay(tmp_path, rows=400, validation=False)

    train_in(folder)

    found = json.loads((folder / "model" / "validation.json").read_text())
    assert (found["how"], found["population"]) == (tuning.BY_CUSTOMER, 800)


def test_shuffled_labels_tell_nothing_and_are_refused(tmp_path: Path) -> None:
    folder = lay(tmp_path, shuffled=True)
    train_in(folder)

    found = evaluate_in(folder)

    assert found["roc_auc"] == pytest.approx(0.5, abs=0.05)
    assert found["gate"]["passed"] == "false"
    assert found["gate"]["refusal"].startswith("The gate refused the repurchase model")
    assert "gate_minimum_auc" in found["gate"]["refusal"]


def test_a_feature_that_knows_the_answer_is_refused_as_a_leak(tmp_path: Path) -> None:
    folder = lay(tmp_path, rows=600)
    for name in ("train", "validation", "test"):
        path = folder / name / f"{name}.parquet"
        frame = pd.read_parquet(path)
        frame.assign(noise=frame["label"] * 2.0 - 1).to_parquet(path)
    train_in(folder)

    found = evaluate_in(folder)

    assert "leak" in found["gate"]["rules"]
    assert "noise" in found["gate"]["refusal"]


@pytest.fixture(scope="module")
def trial_of(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A tuning job's archive of a trial with some parameters."""

    def make(*parameters: str) -> Path:
        folder = tmp_path_factory.mktemp("trial")
        channels = [text for name in ("train", "validation", "meta") for text in (f"--{name}", str(shop / name))]
        train.main([*channels, "--model-dir", str(folder / "model"), "--trial", "1", "--num_round", "40", *parameters])
        (folder / "tuned").mkdir()
        archive.write_archive(folder / "tuned" / "model.tar.gz", archive.folder_files(folder / "model"))
        return folder / "tuned"

    return make


def test_a_trial_prints_its_loss_and_keeps_its_parameters(
    trial_of: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    archive.extract(trial_of("--max_depth", "2") / "model.tar.gz", tmp_path)

    found = json.loads((tmp_path / "trial.json").read_text())

    losses = [float(line.partition("=")[2]) for line in capsys.readouterr().out.splitlines() if line.startswith("validation-logloss=")]
    assert found["parameters"]["max_depth"] == 2
    assert losses[-1] == pytest.approx(found["loss"], abs=1e-5)
    assert losses[-1] == min(losses)


def test_a_winner_that_does_not_beat_the_fixed_parameters_is_not_used(trial_of: Callable[..., Path], shop: Path, tmp_path: Path) -> None:
    tuned = trial_of("--max_depth", "12", "--eta", "1.0", "--min_child_weight", "0")

    train_in(shop, "--tuned", str(tuned), "--model-dir", str(tmp_path))

    found = json.loads((tmp_path / "parameters.json").read_text())
    assert found["used"]["parameters"]["max_depth"] == 3
    assert found["why"].startswith("the fixed parameters: the tuning job's winner")


def test_a_winner_that_beats_them_is_used(trial_of: Callable[..., Path], shop: Path, tmp_path: Path) -> None:
    tuned = trial_of("--max_depth", "3", "--eta", "0.08")
    poor = ("--eta", "0.0001", "--max_depth", "1")

    train_in(shop, *poor, "--tuned", str(tuned), "--model-dir", str(tmp_path))

    assert json.loads((tmp_path / "parameters.json").read_text())["used"]["parameters"]["eta"] == 0.08


def test_an_archive_that_holds_no_trial_says_what_it_should_be(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(tuning.NotATrialError, match="was the tuning job run with --trial 1"):
        train_in(shop, "--tuned", str(shop / "artifact"), "--model-dir", str(tmp_path))


def test_two_hosts_learn_what_one_learns(tmp_path: Path) -> None:
    folder, program = lay(tmp_path, rows=1500), "from pipelines.steps.train import main; main()"
    train_in(folder)
    alone = evaluate_in(folder)
    hosts = [f"127.77.{os.getpid() % 250}.{n}" for n in (1, 2)]
    channels = [text for name in ("train", "validation", "meta") for text in (f"--{name}", str(folder / name))]
    arguments = [*channels, "--num_round", "60"]
    given = {**os.environ, "SM_HOSTS": json.dumps(hosts), "SM_NUM_CPUS": "1"}

    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments, "--model-dir", str(tmp_path / host)], env={**given, "SM_CURRENT_HOST": host}
        )
        for host in reversed(hosts)
    ]
    codes = [process.wait(120) for process in running]

    assert codes == [0, 0]
    assert not (tmp_path / hosts[1]).exists()
    (folder / "model").rename(folder / "alone")
    (tmp_path / hosts[0]).rename(folder / "model")
    together = evaluate_in(folder)
    assert together["candidates"]["xgboost"]["roc_auc"] == pytest.approx(alone["candidates"]["xgboost"]["roc_auc"], abs=0.01)


def test_a_champion_is_compared_on_the_same_customers(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(champion, "_fetched", lambda uri, folder: shop / "repacked" / "model.tar.gz")

    found = evaluate_in(shop, "--champion", "s3://models/a/model.tar.gz")

    assert found["champion"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["gate"]["passed"] == "true"


def test_a_champion_that_has_learned_from_the_labels_of_the_test_is_not_comparable(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = lay(tmp_path, rows=400)
    for folder in ("train", "validation", "test"):
        table = pd.read_parquet(earlier / folder)
        table.assign(cut_off=table["cut_off"] - timedelta(days=60)).to_parquet(earlier / folder / f"{folder}.parquet")
    train_in(earlier)
    monkeypatch.setattr(champion, "_fetched", lambda uri, folder: shop / "repacked" / "model.tar.gz")

    found = evaluate_in(earlier, "--champion", "s3://models/a/model.tar.gz")

    assert found["champion"]["difference"] is None
    assert "it has learned what customers did until 2025-01-01; the test is of 2024-11-02" in found["champion"]["said"]


def test_a_champion_with_features_that_are_gone_is_not_comparable(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = lay(tmp_path, rows=400, features=[*FEATURES[:-1]])
    train_in(other)
    monkeypatch.setattr(champion, "_fetched", lambda uri, folder: shop / "repacked" / "model.tar.gz")

    found = evaluate_in(other, "--champion", "s3://models/a/model.tar.gz")

    assert found["champion"]["difference"] is None
    assert "not comparable" in found["champion"]["said"]
    assert "noise" in found["champion"]["said"]


@pytest.mark.parametrize(("label", "error"), [(0, OneClassError), (1, OneClassError)])
def test_one_class_is_a_named_error(label: int, error: type[Exception], tmp_path: Path) -> None:
    folder = lay(tmp_path, rows=50, label=label)

    with pytest.raises(error, match=r"of 150 rows (0|150) are positive"):
        train_in(folder)


def test_ten_customers_are_a_named_error_that_is_left_where_sagemaker_looks(tmp_path: Path) -> None:
    folder = lay(tmp_path, rows=5)

    with pytest.raises(TooFewCustomersError, match="too few customers to learn"):
        train_in(folder, "--output-dir", str(tmp_path / "output"))

    assert (tmp_path / "output" / "failure").read_text().startswith("TooFewCustomersError: too few customers to learn")


@pytest.mark.parametrize("value", [np.nan, 7.0, np.inf])
def test_a_column_that_says_nothing_changes_nothing(value: float, tmp_path: Path) -> None:
    folder = lay(tmp_path, rows=500, noise=value, product_views_30d=value)
    train_in(folder)

    found = evaluate_in(folder)

    assert found["roc_auc"] > 0.6
    assert not {"noise", "product_views_30d"} & {each["name"] for each in found["curves"]["drivers"]}


def test_without_events_and_totals_the_rules_that_need_them_are_absent_and_said(tmp_path: Path) -> None:
    folder = lay(tmp_path, rows=500, features=["recency_days", "tenure_days"])

    train_in(folder)

    found = json.loads((folder / "model" / "parameters.json").read_text())["absent_baselines"]
    assert found["bg_nbd"] == "the features orders_total are not there"
    assert "orders_90d" in found["rfm_logistic"]


@pytest.mark.parametrize("candidate", ["xgboost", "wide_logistic", "rfm_logistic", "bg_nbd", "recency_rule"])
def test_a_customer_of_whom_nothing_is_known_gets_a_score_and_a_reason(candidate: str, shop: Path) -> None:
    model = TrainedModel.load(shop / "model")
    model.published = candidate
    unknown = np.full((1, len(FEATURES)), np.nan)

    (score,), (reasons,) = model.predict(unknown), model.reasons(unknown)

    assert 0 <= score <= 1
    assert reasons
    assert all(reason[0] in "+-" and reason[1:] in FEATURES for reason in reasons)


@pytest.mark.parametrize("candidate", ["xgboost", "wide_logistic", "rfm_logistic", "bg_nbd", "recency_rule"])
def test_one_row_has_the_same_score_alone_as_among_others(candidate: str, shop: Path) -> None:
    model = TrainedModel.load(shop / "model")
    rows = matrix(shop)[:200]

    together = model.predict(rows, candidate)

    assert [float(model.predict(row[None], candidate)[0]) for row in rows] == together.tolist()


def test_an_infinite_value_counts_as_unknown(shop: Path) -> None:
    model = TrainedModel.load(shop / "model")
    rows = matrix(shop)[:2].copy()
    rows[0, 0], rows[1, 0] = np.inf, np.nan
    rows[1, 1:] = rows[0, 1:]

    first, second = model.predict(rows)

    assert first == second


def test_contributions_add_up_to_the_log_odds(shop: Path) -> None:
    model = TrainedModel.load(shop / "model")
    model.published = "rfm_logistic"
    rows = matrix(shop)[:50]

    names, moved = model.contributions(rows)

    logits = np.log(model.predict(rows) / (1 - model.predict(rows)))
    assert names == list(model.baselines["rfm_logistic"]["inputs"])
    assert np.allclose(moved.sum(axis=1) + model.baselines["rfm_logistic"]["intercept"], logits)


def test_a_model_of_another_layout_names_both_versions(shop: Path, tmp_path: Path) -> None:
    for path in (shop / "model").glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "layout.json").write_text('{"layout": 99}')

    with pytest.raises(ModelVersionError, match="has layout 99; this code reads layout 4"):
        TrainedModel.load(tmp_path)


def test_a_model_without_one_of_its_files_is_not_loaded(shop: Path, tmp_path: Path) -> None:
    for path in (shop / "model").glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "blend.json").unlink()

    with pytest.raises(ModelVersionError, match=r"lacks blend\.json"):
        TrainedModel.load(tmp_path)
