"""Evaluation step: measures every candidate on customers of a later date, chooses which one is published, repacks the model."""

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from omnichannel.scoring.model import TrainedModel
from pipelines import archive, evaluation

log = logging.getLogger(__name__)
LABEL = "label"


def evaluate(model: TrainedModel, test: pd.DataFrame) -> dict[str, Any]:
    """The evaluation of every candidate on `test` (feature columns and `label`)."""
    matrix = test[model.features].to_numpy(dtype=np.float64)
    return evaluation.report(model, test[LABEL].to_numpy(dtype=np.float64), matrix)


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the model archive and the test customers; writes `evaluation.json` and the repacked `model.tar.gz`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--trained", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--meta", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--repacked", type=Path, required=True)
    args = parser.parse_args(argv)
    dates = json.loads((args.meta / "dates.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        archive.extract(args.trained / "model.tar.gz", folder)
        made = {"model": args.model, "as_of": args.as_of, **evaluate(TrainedModel.load(folder), pd.read_parquet(args.test)), **dates}
        (folder / "published.json").write_text(json.dumps({"published": made["published"]}))
        args.repacked.mkdir(parents=True, exist_ok=True)
        archive.write_archive(args.repacked / "model.tar.gz", archive.folder_files(folder))
    args.evaluation.mkdir(parents=True, exist_ok=True)
    (args.evaluation / "evaluation.json").write_text(json.dumps(made, indent=1))
    log.info("%s: %s is published; ROC-AUC %.3f, log loss %.3f", args.model, made["published"], made["roc_auc"], made["log_loss"])


if __name__ == "__main__":
    main()
