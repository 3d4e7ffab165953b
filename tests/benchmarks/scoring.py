"""Scoring: the scorer in this process, batch transform's own code, reasons, and publishing what came back.

The floor of the scorer is XGBoost's own `inplace_predict` with reading the same Parquet file and writing ids and scores, in the same
lots of rows; of batch transform it is the same. Every measurement is a process of its own, so that its peak memory is its own.
"""

import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost

from omnichannel.scoring.model import LAYOUT, TrainedModel
from pipelines import archive, entry, publishing, scorer
from pipelines.reasons import CONSENTED, Explained
from pipelines.returned import decile_starts, gather, split
from pipelines.steps import publish

FEATURES = [f"feature_{n:02d}" for n in range(42)]
TREES, DEPTH = 200, 3
TIMES = 10
REPEATS = 3
SCORER, TRANSFORM, CONSTANT = 1.3, 6.0, 1.2
EXPLAINED = 100_000
KINDS = 50_000
"""How many customers differ in more than their ids."""
PAYLOAD_ROWS = 15_000
"""What fits into the 6 MB of a request of batch transform."""


def measure(rows: int) -> list[dict[str, Any]]:
    """The scorer for `rows` customers and for ten times as many, and so on; times in seconds of this machine."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _apart("prepare", folder, rows)
        runs = [(_apart("floor", folder, rows), _apart("score", folder, rows)) for _ in range(REPEATS)]
        floor, ours = (min((run[side] for run in runs), key=lambda told: told["seconds"]) for side in (0, 1))
        transform, reasons, many = (_apart(what, folder, rows) for what in ("transform", "explain", "score_many"))
        published = _apart("publish", folder, rows)
        _apart("prepare_many", folder, rows)
        published_many = _apart("publish_many", folder, rows)
    return [
        _row(f"scorer of {rows:,} customers", ours, rows, floor["seconds"], SCORER),
        _row("batch transform's code over the same", transform, rows, floor["seconds"], TRANSFORM),
        _constant(f"scorer: peak of {rows * TIMES:,} customers", many, ours, rows * TIMES),
        {**_row(f"reasons of {EXPLAINED:,} customers", reasons, EXPLAINED), "goal": "reported"},
        {**_row(f"publishing {rows * TIMES:,} customers", published_many, rows * TIMES), "goal": "reported"},
        _constant(f"publishing: peak of {rows * TIMES:,} customers", published_many, published, rows * TIMES),
    ]


def _row(name: str, told: dict[str, float], rows: int, floor: float | None = None, goal: float | None = None) -> dict[str, Any]:
    ratio = told["seconds"] / floor if floor else None
    met = ratio is None or goal is None or ratio <= goal
    shown = {"name": name, "value": told["seconds"], "unit": "s", "floor": floor, "ratio": ratio, "goal": f"≤ {goal}"}
    return {**shown, "met": met, "rows": rows, "peak_mb": told["peak_mb"]}


def _constant(name: str, many: dict[str, float], few: dict[str, float], rows: int) -> dict[str, Any]:
    ratio = many["peak_mb"] / few["peak_mb"]
    shown = {"name": name, "value": many["peak_mb"], "unit": "MB", "floor": few["peak_mb"], "ratio": ratio, "goal": f"≤ {CONSTANT}"}
    return {**shown, "met": ratio <= CONSTANT, "rows": rows, "peak_mb": many["peak_mb"]}


def _apart(what: str, folder: Path, rows: int) -> dict[str, float]:
    """One of the functions below in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.scoring", what, str(folder), str(rows)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def prepare(folder: Path, rows: int) -> None:
    """Customers as Parquet and as CSV, a model of them, and the scores that came back."""
    _customers(folder, rows)
    _model(folder)
    _scored(folder, rows)


def prepare_many(folder: Path, rows: int) -> None:
    """The same for publishing ten times as many."""
    (folder / "customers.parquet").unlink()
    _customers(folder, rows * TIMES, parquet=False)
    _scored(folder, rows * TIMES)


def _customers(folder: Path, rows: int, *, parquet: bool = True) -> None:
    drawn = np.random.default_rng(11)
    values = np.round(drawn.gamma(2.0, 20.0, size=(KINDS, len(FEATURES))) * drawn.choice([0.1, 1.0, 25.0], size=len(FEATURES)), 2)
    values[drawn.random(values.shape) < 0.1] = np.nan
    lines = [",".join("nan" if value != value else repr(value) for value in row) for row in values.tolist()]
    (folder / "sent").mkdir(exist_ok=True)
    with (folder / "sent" / "customers.csv").open("w") as out:
        out.writelines(f"{_id(n)},{lines[n % KINDS]}\n" for n in range(rows))
    if parquet:
        schema = pa.schema([("customer_id", pa.string()), *((name, pa.float64()) for name in FEATURES)])
        with pq.ParquetWriter(folder / "customers.parquet", schema) as writer:
            for first in range(0, rows, KINDS):
                ids = [_id(n) for n in range(first, min(first + KINDS, rows))]
                columns = [pa.array(values[: len(ids), n], from_pandas=True) for n in range(len(FEATURES))]
                writer.write_table(pa.table([ids, *columns], schema=schema))


def _id(number: int) -> str:
    return f"c_{hashlib.sha256(str(number).encode()).hexdigest()[:24]}"


def _scored(folder: Path, rows: int) -> None:
    (folder / "scored").mkdir(exist_ok=True)
    with (folder / "scored" / "customers.csv.out").open("w") as out:
        out.writelines(f"{_id(n)},{(n * 7919) % 1000003 / 1000003!r}\n" for n in range(rows))


def _model(folder: Path) -> None:
    """Trees drawn towards every rule and calibrated, the most that a model does; as many trees as the fixed defaults have."""
    with pq.ParquetFile(folder / "customers.parquet") as file:
        sample = scorer.matrix_of(next(file.iter_batches(20_000)), FEATURES)
    labels = (np.nan_to_num(sample[:, 0]) + np.nan_to_num(sample[:, 4]) > 25).astype(float)
    booster = xgboost.train({"max_depth": DEPTH, "eta": 0.05, "objective": "binary:logistic"}, xgboost.DMatrix(sample, labels), TREES)
    made = folder / "model"
    made.mkdir()
    booster.save_model(made / "xgboost.json")
    columns = 2 * len(FEATURES)
    weights = {"mean": [2.0] * columns, "scale": [1.5] * columns, "coefficients": [0.02, -0.04] * len(FEATURES), "intercept": -0.2}
    bins = {name: _bins(sample[:, n]) for n, name in enumerate(FEATURES)}
    rules: dict[str, dict[str, Any]] = {
        "rfm_logistic": {
            "kind": "logistic",
            "inputs": FEATURES[:5],
            "fill": [1.0] * 5,
            "mean": [2.0] * 5,
            "scale": [1.5] * 5,
            "coefficients": [-0.5, 0.2, 0.1, 0.1, -0.3],
            "intercept": -0.2,
        },
        "wide_logistic": {"kind": "wide", "inputs": FEATURES, "fill": [1.0] * len(FEATURES), **weights},
        "bg_nbd": {
            "kind": "bgnbd",
            "inputs": FEATURES[:3],
            "fill": [1.0, 30.0, 100.0],
            "parameters": {"r": 0.4, "alpha": 60.0, "a": 0.8, "b": 2.5, "horizon": 30.0},
            "mean": [-1.2],
            "scale": [0.9],
            "coefficients": [1.1],
            "intercept": -0.3,
        },
    }
    contents = {
        "layout": {"layout": LAYOUT},
        "features": FEATURES,
        "baselines": rules,
        "blend": {"with": list(rules), "weight": 0.5},
        "calibration": {"xgboost": {"slope": 0.9, "intercept": 0.1}},
        "published": {"published": "xgboost"},
        "reference": {"rows": len(sample), "features": bins, "score": {"edges": [0.1, 0.3, 0.6], "shares": [0.1, 0.2, 0.3, 0.4]}},
        "evaluation": {"cut_offs": {"high": 0.9, "medium": 0.7}},
    }
    for name, value in contents.items():
        (made / f"{name}.json").write_text(json.dumps(value))
    archive.write_archive(folder / "model.tar.gz", archive.folder_files(made))


def _bins(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, 11)))
    shares = np.histogram(known, edges)[0] / len(known)
    return {"edges": edges.tolist(), "shares": shares.tolist(), "unknown": float(np.isnan(values).mean())}


def floor(folder: Path, rows: int) -> None:
    """XGBoost's own predict, with reading and writing."""
    booster = xgboost.Booster(model_file=folder / "model" / "xgboost.json")
    schema = pa.schema([("customer_id", pa.string()), ("score", pa.float32())])
    with pq.ParquetWriter(folder / "floor.parquet", schema) as writer, pq.ParquetFile(folder / "customers.parquet") as file:
        for batch in file.iter_batches(scorer.ROWS):
            scores = booster.inplace_predict(scorer.matrix_of(batch, FEATURES))
            writer.write_table(pa.table([batch.column("customer_id"), scores], schema=schema))


def score(folder: Path, rows: int, *, times: int = 1) -> None:
    """The scorer."""
    scored = scorer.score(TrainedModel.load(folder / "model"), [folder / "customers.parquet"] * times, folder / "scores.parquet")
    assert scored == rows * times, scored


def score_many(folder: Path, rows: int) -> None:
    """The scorer over ten times as many customers."""
    score(folder, rows, times=TIMES)


def transform(folder: Path, rows: int) -> None:
    """Batch transform's code: requests of CSV lines without their ids in, a probability a line out."""
    code = ModuleType("inference")
    sys.modules["scoring_model"] = sys.modules[TrainedModel.__module__]
    exec((Path(entry.__path__[0]) / "inference.py").read_text(), code.__dict__)  # noqa: S102 - the script under test
    model, answered = code.model_fn(str(folder / "model")), 0
    with (folder / "transformed.csv").open("w") as out:
        for body in _payloads(folder / "sent" / "customers.csv"):
            answer = code.output_fn(code.predict_fn(code.input_fn(body, "text/csv"), model), "text/csv")
            answered += answer.count("\n") + 1
            out.write(answer + "\n")
    assert answered == rows, answered


def _payloads(path: Path) -> Iterator[str]:
    with path.open() as lines:
        while lot := [line.partition(",")[2] for line in islice(lines, PAYLOAD_ROWS)]:
            yield "".join(lot)


def explain(folder: Path, rows: int) -> None:
    """Exact SHAP values of some customers, by the trees; a rule's reasons cost nothing beside it."""
    model = TrainedModel.load(folder / "model")
    with pq.ParquetFile(folder / "customers.parquet") as file:
        lot = scorer.matrix_of(next(file.iter_batches(min(rows, EXPLAINED))), FEATURES)
    for _ in range(EXPLAINED // len(lot)):
        model.reasons(lot)


class Nowhere:
    """An S3 that keeps nothing."""

    def put_object(self, **_: Any) -> None:
        """Forgets it."""


def publish_run(folder: Path, rows: int) -> None:
    """The publishing step; every tenth customer may be contacted."""
    with TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        trained = publish.Trained.load(folder / "model.tar.gz", work / "model")
        returned = gather(folder / "sent", folder / "scored", FEATURES, work / "parts")
        some = "(SELECT customer_id FROM {} WHERE bucket % 10 = 0)"
        files = f"read_parquet('{work}/parts/scored/*/*.parquet')"
        split(returned.connection, some.format(files), work / "parts" / CONSENTED, returned.parts, returned.buckets)
        rules = publishing.Rules(
            model=trained.model,
            cut_offs=trained.evaluation["cut_offs"],
            decile_starts=decile_starts(returned),
            explain=Explained.CONTACTABLE,
            version=trained.version,
            as_of=date(2026, 11, 1),
        )
        place = publish.Place(s3=Nowhere(), bucket="lake", scores="scores/", features="features/")
        about = {"model": "churn", "run": "r", "as_of": "2026-11-01", "snapshot": "s"}
        manifest = publish.publish(place, returned, rules, trained, about)
    assert manifest.rows == rows, manifest.rows


WORK: dict[str, Callable[[Path, int], None]] = {
    "prepare": prepare,
    "prepare_many": prepare_many,
    "floor": floor,
    "score": score,
    "score_many": score_many,
    "transform": transform,
    "explain": explain,
    "publish": publish_run,
    "publish_many": lambda folder, rows: publish_run(folder, rows * TIMES),
}


if __name__ == "__main__":
    asked, place, number = sys.argv[1:]
    work = partial(WORK[asked], Path(place), int(number))
    started = time.perf_counter()
    work()
    told = {"seconds": time.perf_counter() - started, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    sys.stdout.write(json.dumps(told) + "\n")
