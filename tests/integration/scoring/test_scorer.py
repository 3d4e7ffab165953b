"""The scorer in this process: what batch transform's own code answers, for Parquet and for CSV, a lot of rows at a time."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.scoring import model as scoring_model
from omnichannel.scoring.model import TrainedModel
from pipelines import entry, scorer
from pipelines.returned import UnusableScoresError
from tests.unit.scoring.archives import FEATURES, customers, model_archive, model_folder

IDS = [f"{n:03d}" for n in range(500)]
MATRIX = customers(len(IDS))


@pytest.fixture
def trained(tmp_path: Path) -> TrainedModel:
    rule = {"with": ["rfm_logistic", "bg_nbd"], "weight": 0.6}
    return TrainedModel.load(model_folder(tmp_path / "model", blend=rule, calibration={"xgboost": {"slope": 0.9, "intercept": 0.1}}))


def lines() -> list[str]:
    return [",".join("nan" if np.isnan(value) else repr(float(value)) for value in row) for row in MATRIX]


def parquet(path: Path, **more: pa.Array) -> Path:
    columns = {name: pa.array(MATRIX[:, n], from_pandas=True) for n, name in enumerate(FEATURES)}
    # In another order and with a column more: names decide.
    pq.write_table(pa.table({**dict(reversed(columns.items())), "customer_id": IDS, "unused": IDS, **more}), path, row_group_size=90)
    return path


def scores(path: Path) -> dict[str, float]:
    table = pq.read_table(path)
    return dict(zip(table.column("customer_id").to_pylist(), table.column("score").to_pylist(), strict=True))


def test_both_forms_are_scored_as_the_model_does(trained: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scorer, "ROWS", 100)
    monkeypatch.setattr(scorer, "CSV_BLOCK", 4096)
    csv = tmp_path / "customers.csv"
    csv.write_text("".join(f"{i},{line}\n" for i, line in zip(IDS, lines(), strict=True)))

    counts = [scorer.score(trained, [path], tmp_path / f"{path.suffix}.out") for path in (parquet(tmp_path / "customers.parquet"), csv)]

    expected = dict(zip(IDS, trained.predict(MATRIX).tolist(), strict=True))
    assert counts == [500, 500]
    assert scores(tmp_path / ".parquet.out") == expected
    assert scores(tmp_path / ".csv.out") == expected


def test_batch_transforms_code_answers_the_same(trained: TrainedModel, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "scoring_model", scoring_model)
    code = ModuleType("inference")
    exec((Path(entry.__path__[0]) / "inference.py").read_text(), code.__dict__)  # noqa: S102 - the script under test

    read = code.input_fn("\n".join(lines()).encode(), "text/csv; charset=utf-8")
    answer = code.output_fn(code.predict_fn(read, trained), "text/csv")

    assert np.array_equal(read, MATRIX, equal_nan=True)
    assert [float(line) for line in answer.splitlines()] == trained.predict(MATRIX).tolist()


def test_one_line_is_one_customer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "scoring_model", scoring_model)
    code = ModuleType("inference")
    exec((Path(entry.__path__[0]) / "inference.py").read_text(), code.__dict__)  # noqa: S102 - the script under test

    assert code.input_fn("1,nan,3\n", "text/csv").shape == (1, 3)


def test_files_without_the_models_features_are_named(trained: TrainedModel, tmp_path: Path):
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"customer_id": IDS, "recency_days": MATRIX[:, 0]}), path)

    with pytest.raises(KeyError, match=r"lacks orders_30d, .*days_since_visit; the model reads 6 features"):
        scorer.score(trained, [path], tmp_path / "out")


def test_a_score_that_is_none_is_an_error(trained: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trained, "predict", lambda matrix: np.full(len(matrix), np.nan))

    with pytest.raises(UnusableScoresError, match="500 of 500 scores are not between 0 and 1"):
        scorer.score(trained, [parquet(tmp_path / "customers.parquet")], tmp_path / "out")


def test_a_folder_of_customers_is_scored_by_an_archive(tmp_path: Path):
    model = TrainedModel.load(model_archive(tmp_path / "trained"))
    (tmp_path / "customers").mkdir()
    parquet(tmp_path / "customers" / "a.parquet")

    places = {"model": tmp_path / "trained" / "model.tar.gz", "customers": tmp_path / "customers", "output": tmp_path / "out"}
    scorer.main([text for name, place in places.items() for text in (f"--{name}", str(place))])

    assert scores(tmp_path / "out") == dict(zip(IDS, model.predict(MATRIX).tolist(), strict=True))
