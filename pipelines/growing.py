"""Everything that training learns: trees, baselines, how they are mixed, calibration, and which candidate is to be published."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost

from omnichannel.scoring.model import XGBOOST, Matrix, blended, predict_baseline
from pipelines import calibration, choosing, fitting, tuning
from pipelines.baselines import Baselines, fit_baselines, fit_rule
from pipelines.bgnbd import NoFitError
from pipelines.customers import Customers
from pipelines.distributed import Team, collected
from pipelines.tuning import Effort, Trial

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Grown:
    """The final trees, and the trial that said how many rounds they take, with which parameters and why."""

    booster: xgboost.Booster
    trial: Trial
    why: str


@dataclass(frozen=True)
class Learned:
    """What fills the model folder beside the trees."""

    baselines: Baselines
    blend: dict[str, Any] | None
    calibration: dict[str, dict[str, float] | None]
    validation: dict[str, Any]


def grow(
    train: Customers, validation: Customers, fixed: Mapping[str, float], winner: Mapping[str, float] | None, effort: Effort, team: Team
) -> Grown:
    """Trees on train and validation together, by all hosts: the newest customers say most about the next ones.

    Parameters and rounds are those that were best on the validation window for trees that had not seen it. Without such a window they
    are found out of fold, which every host does for itself with the same result.
    """

    def best(some: Customers, later: Customers) -> tuple[Trial, str]:
        tuned = tuning.attempt(some, later, winner, effort) if winner is not None and dict(winner) != dict(fixed) else None
        return tuning.better(tuning.attempt(some, later, fixed, effort), tuned)

    found = None if len(validation) else best(train, validation)
    with collected(team):
        trial, why = found or best(team.share(train), team.share(validation))
        everyone = team.share(train.joined(validation))
        return Grown(fitting.fit_rounds(everyone, trial.parameters, rounds=trial.rounds, seed=effort.seed), trial, why)


def learn(train: Customers, validation: Customers, grown: Grown, effort: Effort, horizon_days: int) -> Learned:
    """The baselines on the same customers as the trees, and the decisions on customers that neither saw."""
    rows, trees = grown.trial.judged(validation)
    everyone = train.joined(validation)
    baselines = fit_baselines(everyone, horizon_days)
    unseen = _unseen_rules(train, rows, grown.trial, horizon_days)
    rules = {name: scores for name, scores in unseen.items() if name in baselines.rules}
    blend = choosing.blend(rows.labels, trees, rules)
    mixed = blended(trees, [rules[name] for name in blend["with"]], blend["weight"]) if blend else trees
    how = tuning.BY_CUSTOMER if grown.trial.held_out else tuning.LATER_WINDOW
    return Learned(
        baselines=baselines,
        blend=blend,
        calibration={XGBOOST: _line(everyone, grown.trial, blend, effort, horizon_days), **dict.fromkeys(baselines.rules)},
        validation=choosing.compare(rows, {XGBOOST: mixed, **rules}, how),
    )


def _unseen_rules(train: Customers, rows: Customers, trial: Trial, horizon_days: int) -> dict[str, Matrix]:
    """Each baseline's probabilities of rows that it was not fitted on."""
    if trial.held_out is None:
        return _predicted(fit_baselines(train, horizon_days), rows)
    found: dict[str, Matrix] = {}
    number = fitting.fold_of(rows)
    for fold, rest, mine in fitting.folds(rows):
        for name, scores in _predicted(fit_baselines(rest, horizon_days), mine).items():
            found.setdefault(name, np.full(len(rows), np.nan))[number == fold] = scores
    # A rule that could not be fitted in one of the folds is compared in none.
    return {name: scores for name, scores in found.items() if not np.isnan(scores).any()}


def _predicted(baselines: Baselines, rows: Customers) -> dict[str, Matrix]:
    return {name: predict_baseline(rule, rows.matrix, rows.features) for name, rule in baselines.rules.items()}


def _line(everyone: Customers, trial: Trial, blend: Mapping[str, Any] | None, effort: Effort, horizon_days: int) -> dict[str, float] | None:
    """The calibration, on scores of customers that neither the trees nor the rules saw; None too where a rule cannot be fitted without
    some of them."""
    held_out = trial.held_out or fitting.out_of_fold(everyone, trial.parameters, rounds=trial.rounds, seed=effort.seed, judged=False)
    scores, number = held_out.predict(trial.rounds), held_out.folds
    if blend is not None:
        for fold, rest, mine in fitting.folds(held_out.customers):
            try:
                rules = [fit_rule(name, rest, horizon_days) for name in blend["with"]]
            except NoFitError as reason:
                log.info("no calibration: %s", reason)
                return None
            rows = number == fold
            scores[rows] = blended(scores[rows], [predict_baseline(rule, mine.matrix, mine.features) for rule in rules], blend["weight"])
    return calibration.choose(held_out.customers.labels, scores, number)
