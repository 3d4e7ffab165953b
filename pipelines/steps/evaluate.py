"""Evaluation step: measures every candidate on customers of a later date, judges the published one, repacks the model with all of it."""

import pipelines.bare_xgboost  # noqa: F401 - first: before whatever imports XGBoost

# isort: split
import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omnichannel.scoring.model import TrainedModel
from pipelines import archive
from pipelines.card import card
from pipelines.champion import NONE, champion
from pipelines.customers import Customers
from pipelines.evaluation import report
from pipelines.gate import Limits, judge
from pipelines.reference import reference

log = logging.getLogger(__name__)
DRIVERS = "drivers.json"


def evaluate(folder: Path, test: Path, meta: Path, about: dict[str, Any], champion_uri: str, limits: Limits) -> dict[str, Any]:
    """Evaluates the model in `folder` and adds to it which candidate is published, evaluation, reference for drift and card."""
    dates, validation, parameters = _read(meta / "dates.json"), _read(folder / "validation.json"), _read(folder / "parameters.json")
    _write(folder / "published.json", {"published": validation["published"]})
    model = TrainedModel.load(folder)
    customers = Customers.read(test, model.features)
    customers.refuse_too_few("test")
    expected = _read(meta / DRIVERS) if (meta / DRIVERS).exists() else {}
    made = {**about, **report(model, customers, validation, champion(champion_uri, customers), expected, limits.maximum_ece), **dates}
    made["gate"] = judge(made, limits)
    snapshot = _read(meta / "snapshot.json") if (meta / "snapshot.json").exists() else {}
    _write(folder / "reference.json", reference(model.features, customers.matrix, model.predict(customers.matrix), dates["dates"]))
    _write(folder / "evaluation.json", made)
    _write(folder / "card.json", card(made, parameters, snapshot, len(model.features)))
    return made


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, allow_nan=False))


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the model archive and the test customers; writes `evaluation.json`, `card.json` and the repacked `model.tar.gz`.

    The validation window was used in training, which left what it decided in the archive; its folder is accepted and not read.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--as-of", required=True)
    for name in ("trained", "test", "meta", "evaluation", "repacked"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--champion", default=NONE)
    parser.add_argument("--minimum-auc", type=float, default=Limits.minimum_auc)
    parser.add_argument("--maximum-auc", type=float, default=Limits.maximum_auc)
    parser.add_argument("--maximum-ece", type=float, default=Limits.maximum_ece)
    args = parser.parse_args(argv)
    limits = Limits(args.minimum_auc, args.maximum_auc, args.maximum_ece)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        archive.extract(args.trained / "model.tar.gz", folder)
        about = {"model": args.model, "as_of": args.as_of}
        made = evaluate(folder, args.test, args.meta, about, args.champion, limits)
        for place in (args.evaluation, args.repacked):
            place.mkdir(parents=True, exist_ok=True)
        for name in ("evaluation.json", "card.json"):
            (args.evaluation / name).write_bytes((folder / name).read_bytes())
        archive.write_archive(args.repacked / "model.tar.gz", archive.folder_files(folder))
    told = made["gate"]
    log.info("%s: %s is published; ROC-AUC %.3f, log loss %.3f", args.model, made["published"], made["roc_auc"], made["log_loss"])
    log.info("gate: %s", "passed" if told["passed"] == "true" else told["refusal"])


if __name__ == "__main__":
    main()
