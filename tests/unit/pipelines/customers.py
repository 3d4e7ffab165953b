"""Made-up customers for the tests of training and evaluation: a few features, of which some tell what comes."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines import archive
from pipelines.steps import evaluate, train

FEATURES = (
    "recency_days",
    "orders_90d",
    "orders_365d",
    "orders_total",
    "spend_365d",
    "tenure_days",
    "store_share_365d",
    "product_views_30d",
    "noise",
)
DATES = {"train": ["2024-09-01", "2024-10-01"], "validation": "2024-12-01", "test": "2025-01-01", "score": "2025-01-31"}


def table(rows: int, cut_offs: Sequence[str], seed: int = 0, shuffled: bool = False) -> pd.DataFrame:
    """`rows` customers at each cut-off; who bought lately and looks around buys again. `shuffled` labels say nothing."""
    rng = np.random.default_rng(seed)
    tenure = rng.uniform(30, 700, rows)
    rate = rng.gamma(1.2, 1 / 60, rows)
    frames = []
    for number, day in enumerate(cut_offs):
        orders = 1 + rng.poisson(rate * tenure)
        recency = np.minimum(tenure, rng.exponential(1 / rate))
        views = rng.poisson(3 * rng.random(rows) * (recency < 60))
        logit = -1.5 + 25 * rate - recency / 90 + 0.35 * views
        label = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype("int8")
        frame = {
            "customer_id": [f"c{i:05d}" for i in range(rows)],
            "cut_off": date.fromisoformat(day),
            "label": rng.permutation(label) if shuffled else label,
            "recency_days": recency,
            "orders_90d": rng.poisson(rate * 90),
            "orders_365d": np.minimum(orders, 1 + rng.poisson(rate * 365)),
            "orders_total": orders,
            "spend_365d": orders * rng.uniform(10, 60, rows),
            "tenure_days": tenure + 30 * number,
            "store_share_365d": rng.choice([0.0, 0.5, 1.0], rows),
            "product_views_30d": np.where(rng.random(rows) < 0.2, np.nan, views),
            "noise": rng.normal(size=rows),
        }
        frames.append(pd.DataFrame(frame).astype(dict.fromkeys(FEATURES, "float64")))
    return pd.concat(frames, ignore_index=True)


def lay(
    folder: Path, *, rows: int = 1500, validation: bool = True, shuffled: bool = False, features: Sequence[str] = FEATURES, **columns: Any
) -> Path:
    """The folders that the features step writes; `columns` replaces a column of every table."""
    cuts = {"train": DATES["train"], "validation": [DATES["validation"]], "test": [DATES["test"]]}
    made = {name: table(rows, days, seed=n, shuffled=shuffled).assign(**columns) for n, (name, days) in enumerate(cuts.items())}
    if not validation:
        made["validation"] = made["validation"].iloc[:0]
    return lay_out(folder, made, features)


def lay_out(folder: Path, tables: Mapping[str, pd.DataFrame], features: Sequence[str]) -> Path:
    """The folders that the features step writes, from tables with at least the columns that are features."""
    for name, made in tables.items():
        (folder / name).mkdir(parents=True)
        made[["customer_id", "cut_off", "label", *features]].to_parquet(folder / name / f"{name}.parquet")
    meta = folder / "meta"
    meta.mkdir()
    (meta / "features.json").write_text(json.dumps([{"name": name} for name in features]))
    (meta / "dates.json").write_text(json.dumps({"dates": DATES, "classes": []}))
    (meta / "snapshot.json").write_text(json.dumps({"digest": "d1", "tables": {}}))
    (meta / "drivers.json").write_text(json.dumps({"recency_days": "-", "product_views_30d": "+", "noise": "+", "gone": "+"}))
    return folder


def train_in(folder: Path, *further: str) -> Path:
    """Training with few rounds; gives the model folder."""
    channels = [text for name in ("train", "validation", "meta") for text in (f"--{name}", str(folder / name))]
    train.main([*channels, "--model-dir", str(folder / "model"), "--num_round", "60", *further])
    return folder / "model"


def evaluate_in(folder: Path, *further: str) -> dict[str, Any]:
    """Evaluation of the model in the folder."""
    (folder / "artifact").mkdir(exist_ok=True)
    archive.write_archive(folder / "artifact" / "model.tar.gz", archive.folder_files(folder / "model"))
    places = {"trained": "artifact", "validation": "validation", "test": "test", "meta": "meta"}
    written = {"evaluation": "evaluation", "repacked": "repacked"}
    folders = [text for name, place in {**places, **written}.items() for text in (f"--{name}", str(folder / place))]
    evaluate.main(["--model", "repurchase", "--as-of", "2025-01-31", *folders, *further])
    told: dict[str, Any] = json.loads((folder / "evaluation" / "evaluation.json").read_text())
    return told
