"""Training step, XGBoost script mode: learns every candidate from the training customers and fills the model folder.

Hyperparameters arrive as arguments, folders as the container's SM_* variables.
"""

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from omnichannel.scoring import model as model_module
from pipelines import entry
from pipelines.fitting import fit_baselines, fit_xgboost

log = logging.getLogger(__name__)
LABEL = "label"


def train(table: pd.DataFrame, features: Sequence[str], model_dir: Path, args: argparse.Namespace) -> None:
    """Fits the candidates on `table` (feature columns and `label`) and writes the model folder, with its serving code."""
    matrix = table[list(features)].to_numpy(dtype=np.float64)
    labels = table[LABEL].to_numpy(dtype=np.float64)
    trees = {
        "max_depth": args.max_depth,
        "eta": args.eta,
        "min_child_weight": args.min_child_weight,
        "subsample": args.subsample,
        "colsample_bytree": args.colsample_bytree,
        "lambda": args.reg_lambda,
    }
    booster = fit_xgboost(matrix, labels, features, trees, rounds=args.num_round, seed=args.seed)
    model_dir.mkdir(parents=True, exist_ok=True)
    booster.save_model(model_dir / "xgboost.json")
    (model_dir / "baselines.json").write_text(json.dumps(fit_baselines(matrix, labels, features), indent=1))
    (model_dir / "features.json").write_text(json.dumps(list(features)))
    code = model_dir / "code"
    code.mkdir(exist_ok=True)
    shutil.copyfile(model_module.__file__, code / "scoring_model.py")
    shutil.copyfile(Path(entry.__file__).parent / "inference.py", code / "inference.py")
    log.info("trained on %d rows, %d positive, %d features", len(table), int(labels.sum()), len(features))


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The hyperparameters and folders; arguments that the container adds for itself are ignored."""
    parser = argparse.ArgumentParser()
    for name, kind, default in (
        ("max_depth", int, 3),
        ("num_round", int, 200),
        ("eta", float, 0.05),
        ("min_child_weight", float, 5.0),
        ("subsample", float, 0.8),
        ("colsample_bytree", float, 0.8),
        ("reg_lambda", float, 1.0),
        ("seed", int, 7),
    ):
        parser.add_argument(f"--{name}", type=kind, default=default)
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--meta", type=Path, default=os.environ.get("SM_CHANNEL_META"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output-dir", type=Path, default=os.environ.get("SM_OUTPUT_DIR"))
    args, _ = parser.parse_known_args(argv)
    missing = [n for n in ("train", "meta", "model_dir") if getattr(args, n) is None]
    if missing:
        parser.error(f"needs {', '.join(missing)}: as arguments or by the container's SM_CHANNEL_TRAIN, SM_CHANNEL_META and SM_MODEL_DIR")
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Trains; a failure's reason is left where SageMaker looks for it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    args = parse_args(argv)
    try:
        features = [f["name"] for f in json.loads((args.meta / "features.json").read_text())]
        train(pd.read_parquet(args.train), features, args.model_dir, args)
    except Exception as error:
        if args.output_dir:
            Path(args.output_dir).mkdir(parents=True, exist_ok=True)
            (Path(args.output_dir) / "failure").write_text(f"{type(error).__name__}: {error}")
        raise
