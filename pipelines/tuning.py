"""Which parameters the trees are grown with: fixed shallow ones, unless the best trial of a tuning job beats them."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from omnichannel.scoring.model import Matrix
from pipelines import archive, fitting
from pipelines.customers import Customers
from pipelines.fitting import OutOfFold

TRIAL = "trial.json"
FIXED: dict[str, float] = {
    "max_depth": 3,
    "eta": 0.05,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "reg_lambda": 1.0,
}
"""Shallow: within .005 ROC-AUC of thirty trials of tuning on every real set that was measured."""

LEAST_GAIN = 0.001
"""The winner of several trials has been lucky: it has to lower the fixed parameters' log loss by this share of it."""

LATER_WINDOW, BY_CUSTOMER = "later window", "out of fold by customer"


class NotATrialError(Exception):
    """The archive of the tuning job's best trial does not hold one."""


@dataclass(frozen=True)
class Effort:
    """How long trees are grown at most, how long a rise of the loss is borne, and the seed."""

    rounds: int
    patience: int
    seed: int


@dataclass(frozen=True)
class Trial:
    """Parameters, how many rounds were best with them, and the log loss.

    `booster` was stopped by the validation window; without such a window it is None and `held_out` has the trees of each fold.
    """

    parameters: Mapping[str, float]
    rounds: int
    loss: float
    booster: xgboost.Booster | None
    held_out: OutOfFold | None

    def to_dict(self) -> dict[str, Any]:
        """What `trial.json` says."""
        return {"parameters": dict(self.parameters), "rounds": self.rounds, "loss": self.loss}

    def judged(self, validation: Customers) -> tuple[Customers, Matrix]:
        """Rows that the trees did not see, and what they say of them."""
        if self.held_out is not None:
            return self.held_out.customers, self.held_out.predict(self.rounds)
        assert self.booster is not None  # noqa: S101 - one of the two is always there
        return validation, np.asarray(self.booster.inplace_predict(validation.matrix), dtype=np.float64)


def attempt(train: Customers, validation: Customers, parameters: Mapping[str, float], effort: Effort, *, told: bool = False) -> Trial:
    """Grows trees with the parameters and measures them on the validation window, or out of fold by customer where it has no rows."""
    if len(validation):
        grown = fitting.fit_until_worse(
            train, validation, parameters, rounds=effort.rounds, patience=effort.patience, seed=effort.seed, told=told
        )
        trial = Trial(parameters, grown.rounds, grown.loss, grown.booster, None)
    else:
        held_out = fitting.out_of_fold(train, parameters, rounds=effort.rounds, seed=effort.seed)
        rounds, loss = held_out.best
        trial = Trial(parameters, rounds, loss, None, held_out)
    if told:
        fitting.say(trial.loss)
    return trial


def better(fixed: Trial, tuned: Trial | None) -> tuple[Trial, str]:
    """The one to use, and why."""
    if tuned is None:
        return fixed, "the fixed parameters: there was no tuning"
    if tuned.loss < fixed.loss * (1 - LEAST_GAIN):
        return tuned, f"the tuning job's winner: its log loss on validation is {tuned.loss:.5f}, the fixed parameters' {fixed.loss:.5f}"
    return fixed, (
        f"the fixed parameters: the tuning job's winner has a log loss of {tuned.loss:.5f} on validation, not {LEAST_GAIN:.1%} below "
        f"the fixed parameters' {fixed.loss:.5f}"
    )


def read_winner(folder: Path | None) -> dict[str, float] | None:
    """The parameters of the tuning job's best trial, from the folder with its `model.tar.gz`; None when there is no such folder.

    Raises `NotATrialError` for an archive without a trial.
    """
    if folder is None or not folder.exists():
        return None
    archives = sorted(folder.rglob("*.tar.gz"))
    if not archives:
        raise NotATrialError(f"{folder} holds no archive of a trial; expected the best training job's model.tar.gz")
    with tempfile.TemporaryDirectory() as scratch:
        archive.extract(archives[0], Path(scratch))
        told = Path(scratch) / TRIAL
        if not told.exists():
            raise NotATrialError(f"{archives[0].name} in {folder} holds no {TRIAL}; was the tuning job run with --trial 1?")
        found = json.loads(told.read_text())["parameters"]
    unknown = sorted(set(found) ^ set(FIXED))
    if unknown:
        raise NotATrialError(f"{TRIAL} differs from this code's parameters in {', '.join(unknown)}; tune and train with one version")
    return {name: type(FIXED[name])(value) for name, value in found.items()}
