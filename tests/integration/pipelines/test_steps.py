"""Every step in its order, on shops as small and as bare as they come; batch transform is played by the serving functions."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from omnichannel.contracts.datasets import EVENTS, ORDER_LINES, PRODUCTS
from omnichannel.contracts.scores import SCORE_COLUMNS, Band, Model
from omnichannel.scoring.model import TrainedModel
from pipelines import archive
from pipelines.frames import feature_names
from pipelines.steps import evaluate, features, publish, train
from tests.unit.pipelines.shops import AS_OF, Shop, lively_shop


@dataclass(frozen=True)
class Run:
    """A finished run: the folders of its steps below `out`, and the objects that publishing put, in the order of putting."""

    out: Path
    put: dict[str, bytes]

    @property
    def manifest(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(list(self.put.values())[-1])
        return told

    @property
    def evaluation(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(next(body for key, body in self.put.items() if key.endswith("_evaluation.json")))
        return told

    @property
    def customers(self) -> list[str]:
        return [line.partition(",")[0] for line in (self.out / "fresh" / "customers" / "customers.csv").read_text().splitlines()]


@contextmanager
def serving(code: Path) -> Iterator[ModuleType]:
    """The model archive's own serving script, loaded as the container does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(code)
        module = ModuleType("inference")
        exec((code / "inference.py").read_text(), module.__dict__)  # noqa: S102 - the script under test
        yield module


def transform(model_dir: Path, sent: Path, scored: Path) -> None:
    """What DataProcessing makes of the lines: the id is held back, and put beside the score again."""
    scored.mkdir()
    with serving(model_dir / "code") as script:
        model = script.model_fn(str(model_dir))
        for path in sent.iterdir():
            lines = path.read_text().splitlines()
            body = "\n".join(line.partition(",")[2] for line in lines)
            answers = script.output_fn(script.predict_fn(script.input_fn(body, "text/csv"), model), "text/csv").splitlines()
            joined = [f"{line.partition(',')[0]},{answer}\n" for line, answer in zip(lines, answers, strict=True)]
            (scored / f"{path.name}.out").write_text("".join(joined))


def run(shop: Shop, model: Model, out: Path) -> Run:
    """All steps."""
    put: dict[str, bytes] = {}
    s3 = SimpleNamespace(put_object=lambda **given: put.update({given["Key"]: given["Body"]}))
    common = ["--model", str(model), "--as-of", AS_OF.isoformat()]

    def folders(**places: str) -> list[str]:
        return [text for name, place in places.items() for text in (f"--{name}", str(out / place))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "client", lambda _: s3)
        patch.setattr(features.iceberg, "catalog", lambda: shop)
        for purpose, place in (("train", out), ("score", out / "fresh")):
            features.main([*common, "--purpose", purpose, "--glue-database", "trusted", "--output", str(place)])
        train.main(["--train", str(out / "train"), "--meta", str(out / "meta"), "--model-dir", str(out / "model"), "--num_round", "30"])
        (out / "artifact").mkdir()
        archive.write_archive(out / "artifact" / "model.tar.gz", archive.folder_files(out / "model"))
        evaluate.main([*common, *folders(test="test", meta="meta", trained="artifact", evaluation="evaluation", repacked="repacked")])
        archive.extract(out / "repacked" / "model.tar.gz", out / "served")
        transform(out / "served", out / "fresh" / "customers", out / "scores")
        places = folders(trained="repacked", sent="fresh/customers", scored="scores", meta="meta")
        publish.main([*common, "--bucket", "lake", "--reasons", "all", *places])
    return Run(out, put)


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Model], Run]:
    """One run of a model on a lively shop, for all tests that only look at it."""
    return cache(lambda model: run(lively_shop(100), model, tmp_path_factory.mktemp(model)))


@pytest.mark.parametrize("model", Model)
def test_every_customer_of_the_population_is_scored_once(model: Model, run_of: Callable[[Model], Run]) -> None:
    made = run_of(model)

    beside = [key for key in made.put if key.startswith("scores/")]
    parts = [key for key in beside if key.endswith(".parquet")]
    table = pq.read_table(io.BytesIO(made.put[parts[0]]))
    names = ["part-000.parquet", "_evaluation.json", "_drift.json", "_manifest.json"]
    assert [key.rpartition("/")[2] for key in beside] == names
    assert table.column("customer_id").to_pylist() == sorted(made.customers)
    assert tuple(table.column_names) == SCORE_COLUMNS
    assert set(table.column("band").to_pylist()) <= {str(b) for b in Band}
    assert all(
        {reason[1:] for reason in r} <= set(feature_names()) and {reason[0] for reason in r} <= {"+", "-"} and r
        for r in table.column("reasons").to_pylist()
    )
    told = made.manifest
    assert (told["rows"], told["parts"], told["published"]) == (len(made.customers), parts, made.evaluation["published"])


def test_the_evaluation_has_what_metrics_json_and_the_report_need(run_of: Callable[[Model], Run]) -> None:
    told = run_of(Model.REPURCHASE).evaluation

    numbers = {"population", "positives", "roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "lift_at_10", "cut_offs"}
    assert {"as_of", "published"} | numbers <= set(told)
    assert set(told["baselines"]) >= {"recency_rule", "rfm_logistic"}
    assert {"roc", "calibration", "lift_by_decile", "histogram", "drivers"} <= set(told["curves"])
    assert told["roc_auc"] > 0.6
    assert told["dates"]["score"] == AS_OF.isoformat()


def test_orders_alone_are_enough(tmp_path: Path) -> None:
    shop = lively_shop(100)
    for dataset in (EVENTS, ORDER_LINES, PRODUCTS):
        del shop.rows[dataset.table]

    made = run(shop, Model.CHURN, tmp_path)

    assert made.manifest["rows"] > 0
    assert json.loads((tmp_path / "meta" / "snapshot.json").read_text())["tables"]["events"] is None


def test_the_same_data_and_date_give_the_same_model_and_the_same_run(run_of: Callable[[Model], Run], tmp_path: Path) -> None:
    first, second = run_of(Model.REPURCHASE), run(lively_shop(100), Model.REPURCHASE, tmp_path)

    archives = [(made.out / "repacked" / "model.tar.gz").read_bytes() for made in (first, second)]

    assert archives[0] == archives[1]
    assert list(first.put) == list(second.put)


def test_a_published_baseline_scores_and_explains_by_its_own_inputs(run_of: Callable[[Model], Run]) -> None:
    out = run_of(Model.REPURCHASE).out
    trained = TrainedModel.load(out / "served")
    matrix = pq.read_table(out / "test").select(trained.features).to_pandas().to_numpy(dtype=float)

    trained.published = "rfm_logistic"

    assert {reason[1:] for reasons in trained.reasons(matrix) for reason in reasons} <= set(trained.baselines["rfm_logistic"]["inputs"])
    assert (trained.predict(matrix) == trained.predict(matrix, "rfm_logistic")).all()


def test_rows_of_another_width_are_refused() -> None:
    trained = TrainedModel(["a", "b"], booster=None, baselines={}, published="xgboost")  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="rows have 1 columns; the model needs 2: a, b"):
        trained.predict(np.zeros((3, 1)))
