"""Training step, XGBoost script mode: one trial of a tuning job, or the final training that fills the model folder.

Hyperparameters arrive as arguments, folders and hosts as the container's SM_* variables. A trial prints `validation-logloss=…` and leaves
`trial.json`. The final training takes the tuning job's winner where it beats the fixed parameters, and leaves every candidate. Of several
hosts the first one alone writes.
"""

import pipelines.bare_xgboost  # noqa: F401 - first: before whatever imports XGBoost

# isort: split
import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from omnichannel.scoring import model as model_module
from pipelines import entry, tuning
from pipelines.customers import Customers, read_features
from pipelines.distributed import Team, collected
from pipelines.growing import Grown, Learned, grow, learn
from pipelines.tuning import FIXED, Effort

log = logging.getLogger(__name__)
CHANNELS = ("train", "validation", "meta", "tuned")


def trial(train: Customers, validation: Customers, parameters: dict[str, float], effort: Effort, team: Team, model_dir: Path) -> None:
    """Measures one set of parameters."""
    with collected(team):
        found = tuning.attempt(team.share(train), team.share(validation), parameters, effort, told=True)
    if team.first:
        _json(model_dir / tuning.TRIAL, found.to_dict())


def final(train: Customers, validation: Customers, args: argparse.Namespace, effort: Effort, team: Team) -> None:
    """Learns every candidate and writes the model folder."""
    parameters = {name: getattr(args, name) for name in FIXED}
    grown = grow(train, validation, parameters, tuning.read_winner(args.tuned), effort, team)
    if not team.first:
        return
    dates = json.loads((args.meta / "dates.json").read_text())["dates"]
    horizon = (date.fromisoformat(dates["score"]) - date.fromisoformat(dates["test"])).days
    learned = learn(train, validation, grown, effort, horizon)
    write(args.model_dir, train.features, grown, learned, {"rows": {"train": len(train), "validation": len(validation)}, "dates": dates})
    told = learned.validation
    log.info("%d rounds, %s; on validation (%s) %s is best to publish", grown.trial.rounds, grown.why, told["how"], told["published"])


def write(folder: Path, features: Sequence[str], grown: Grown, learned: Learned, about: dict[str, Any]) -> None:
    """The model folder, with its serving code."""
    folder.mkdir(parents=True, exist_ok=True)
    grown.booster.save_model(folder / "xgboost.json")
    parameters = {"used": grown.trial.to_dict(), "why": grown.why, "rows": about["rows"]}
    for name, value in (
        ("layout", {"layout": model_module.LAYOUT}),
        ("features", list(features)),
        ("baselines", learned.baselines.rules),
        ("blend", learned.blend),
        ("calibration", learned.calibration),
        ("parameters", {**parameters, "absent_baselines": learned.baselines.absent, "dates": about["dates"]}),
        ("validation", learned.validation),
    ):
        _json(folder / f"{name}.json", value)
    code = folder / "code"
    code.mkdir(exist_ok=True)
    shutil.copyfile(model_module.__file__, code / "scoring_model.py")
    shutil.copyfile(Path(entry.__file__).parent / "inference.py", code / "inference.py")


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The hyperparameters and folders; arguments that the container adds for itself are ignored."""
    parser = argparse.ArgumentParser()
    for name, value in FIXED.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    for name, number in (("num_round", 400), ("early_stopping_rounds", 25), ("seed", 7), ("trial", 0)):
        parser.add_argument(f"--{name}", type=int, default=number)
    for channel in CHANNELS:
        parser.add_argument(f"--{channel}", type=Path, default=os.environ.get(f"SM_CHANNEL_{channel.upper()}"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output-dir", type=Path, default=os.environ.get("SM_OUTPUT_DIR"))
    args, _ = parser.parse_known_args(argv)
    missing = [n for n in ("train", "meta", "model_dir") if getattr(args, n) is None]
    if missing:
        parser.error(f"needs {', '.join(missing)}: as arguments or by the container's SM_CHANNEL_TRAIN, SM_CHANNEL_META and SM_MODEL_DIR")
    return args


def run(args: argparse.Namespace) -> None:
    """One trial, or the final training."""
    team, features = Team.from_environment(), read_features(args.meta)
    train = Customers.read(args.train, features)
    validation = Customers.read(args.validation, features) if args.validation and args.validation.exists() else train.none()
    if not validation.tell_both_classes:
        # Too few to decide anything: better learned from, while decisions are made out of fold.
        train, validation = train.joined(validation), train.none()
    train.refuse_too_few("learn")
    effort = Effort(rounds=args.num_round, patience=args.early_stopping_rounds, seed=args.seed)
    log.info(
        "%d rows to learn from, %d to validate, %d positive, %d features", len(train), len(validation), train.labels.sum(), len(features)
    )
    if args.trial:
        trial(train, validation, {name: getattr(args, name) for name in FIXED}, effort, team, args.model_dir)
    else:
        final(train, validation, args, effort, team)


def main(argv: Sequence[str] | None = None) -> None:
    """Trains; a failure's reason is left where SageMaker looks for it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    args = parse_args(argv)
    try:
        run(args)
    except Exception as error:
        if args.output_dir:
            Path(args.output_dir).mkdir(parents=True, exist_ok=True)
            (Path(args.output_dir) / "failure").write_text(f"{type(error).__name__}: {error}")
        raise
