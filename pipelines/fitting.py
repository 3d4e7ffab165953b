"""Fitting trees: until a later window says stop, for a number of rounds, or out of fold by customer."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from omnichannel.scoring.model import Matrix
from pipelines.customers import Customers

FOLDS = 5
OUT_OF_FOLD_ROWS = 60_000
"""Out-of-fold predictions are made for at most about so many rows: whole customers, chosen by their hash."""

REPORT_EVERY = 10
Parameters = Mapping[str, float]
Folds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """Trees with the number of rounds that was best on other customers or later, and the log loss there."""

    booster: xgboost.Booster
    rounds: int
    loss: float


class _Said(xgboost.callback.TrainingCallback):
    """Prints the validation loss for the tuning job, which reads it off the log."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        if epoch % REPORT_EVERY == 0:
            say(evals_log["validation"]["logloss"][-1])
        return False


def say(loss: float) -> None:
    """The line that the tuning job's regular expression finds."""
    print(f"validation-logloss={loss:.6f}", flush=True)  # noqa: T201 - the job's metric is read off its log


def settings(parameters: Parameters, seed: int) -> dict[str, Any]:
    """XGBoost's settings."""
    threads = int(os.environ.get("SM_NUM_CPUS", "0"))
    fixed = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist", "nthread": threads, "verbosity": 1}
    return {**parameters, **fixed, "seed": seed}


def fit_until_worse(
    train: Customers, validation: Customers, parameters: Parameters, *, rounds: int, patience: int, seed: int, told: bool = False
) -> Fitted:
    """Trees over `train`, stopped when the loss on `validation` has not fallen for `patience` rounds; the best rounds are kept."""
    later = _data(validation)
    booster = xgboost.train(
        settings(parameters, seed),
        _data(train),
        num_boost_round=rounds,
        evals=[(later, "validation")],
        early_stopping_rounds=patience,
        callbacks=[_Said()] if told else None,
        verbose_eval=False,
    )
    best = int(booster.best_iteration) + 1
    return Fitted(booster[:best], best, float(booster.best_score))


def fit_rounds(train: Customers, parameters: Parameters, *, rounds: int, seed: int) -> xgboost.Booster:
    """Trees over all of `train`; the same rows in the same order give the same model."""
    return xgboost.train(settings(parameters, seed), _data(train), num_boost_round=rounds)


@dataclass(frozen=True)
class OutOfFold:
    """Trees that each left out a fifth of the customers, those customers' rows, and the loss after each round (empty: not asked for)."""

    customers: Customers
    folds: Folds
    boosters: Mapping[int, xgboost.Booster]
    curve: Matrix

    @property
    def best(self) -> tuple[int, float]:
        """The number of rounds with the lowest loss, and that loss."""
        at = int(np.argmin(self.curve))
        return at + 1, float(self.curve[at])

    def predict(self, rounds: int) -> Matrix:
        """Each row's probability by the trees that did not see its customer."""
        scores = np.empty(len(self.customers))
        for fold, booster in self.boosters.items():
            rows = self.folds == fold
            scores[rows] = booster.inplace_predict(self.customers.matrix[rows], iteration_range=(0, rounds))
        return scores


def out_of_fold(customers: Customers, parameters: Parameters, *, rounds: int, seed: int, judged: bool = True) -> OutOfFold:
    """Trees for each fold, with the loss of every round averaged over all rows; not `judged`, which is faster, without the losses."""
    sampled = sample(customers)
    losses: list[Matrix] = []
    boosters = {}
    for fold, train, rest in folds(sampled):
        history: dict[str, Any] = {}
        boosters[fold] = xgboost.train(
            settings(parameters, seed),
            _data(train),
            num_boost_round=rounds,
            evals=[(_data(rest), "rest")] if judged else None,
            evals_result=history,
            verbose_eval=False,
        )
        if judged:
            losses.append(np.asarray(history["rest"]["logloss"]) * len(rest) / len(sampled))
    return OutOfFold(sampled, fold_of(sampled), boosters, np.sum(losses, axis=0) if judged else np.empty(0))


def sample(customers: Customers, most: int = OUT_OF_FOLD_ROWS) -> Customers:
    """About `most` rows at most, of whole customers."""
    one_in = -(-len(customers) // most)
    return customers.take(customers.who % one_in == 0) if one_in > 1 else customers


def fold_of(customers: Customers) -> Folds:
    """0 to `FOLDS` - 1 for each row, the same for all rows of a customer."""
    _, rank = np.unique(customers.who, return_inverse=True)
    return np.asarray(rank.reshape(-1) % FOLDS, dtype=np.int64)


def folds(customers: Customers) -> Iterator[tuple[int, Customers, Customers]]:
    """For each fold with anybody in it the rows of the other customers, and its own."""
    number = fold_of(customers)
    for fold in np.unique(number).tolist():
        yield fold, customers.take(number != fold), customers.take(number == fold)


def _data(customers: Customers) -> xgboost.DMatrix:
    # No names: they would have to be given at every prediction; the order of columns is in features.json.
    return xgboost.DMatrix(customers.matrix, label=customers.labels)
