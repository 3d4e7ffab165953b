"""What each model predicts: over which population, how far ahead, and on which dates it learns and is tested."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum

from omnichannel.contracts.scores import Model

ACTIVE_DAYS = 90
"""A customer with a completed order in this many days before a date is active on it, unless the step is told another number."""

TRAINING_CUT_OFFS = 6
CUT_OFF_SPACING_DAYS = 30
GOOD_HISTORY_DAYS = 90
LEAST_HISTORY_DAYS = 30
LEAST_WITH_VALIDATION = 3
"""A window is held back for validation only if this many cut-offs with good history remain to learn from."""

LEAST_OF_EACH_CLASS = 10
"""Fewer positives or negatives than this, in training or test, say nothing."""


class Purpose(StrEnum):
    """What the features are for."""

    TRAIN = "train"
    SCORE = "score"
    AUDIENCE = "audience"


class UnusableDataError(Exception):
    """The data cannot do what was asked for; the message says what was found and what would work."""


class CannotTrainError(UnusableDataError):
    """The data cannot train a model as of the date that was asked for; the message says which date would work."""


class OneClassError(CannotTrainError):
    """The label holds for everybody, or for nobody."""


class TooFewCustomersError(CannotTrainError):
    """Too few customers of one of the classes."""


class AsOfBeyondDataError(CannotTrainError):
    """The date lies so long after the newest order that what came before it is not known."""


class FutureDateError(UnusableDataError):
    """The date has not begun."""


class NoDataError(UnusableDataError):
    """A data set that nothing works without is empty, or belongs to nobody we know."""


class NobodyToScoreError(UnusableDataError):
    """Nobody is in the population on the date."""


class SilentDataSetError(UnusableDataError):
    """A data set that nothing works without stopped arriving."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One model's question: `horizon_days` is the length of the label window [cut-off, cut-off + horizon)."""

    model: Model
    horizon_days: int
    question: str
    active_days: int = ACTIVE_DAYS


TASKS: dict[Model, Task] = {
    Model.CHURN: Task(
        model=Model.CHURN,
        horizon_days=90,
        question="of active customers: does the subscription end, or without one does no completed order follow, within 90 days?",
    ),
    Model.REPURCHASE: Task(
        model=Model.REPURCHASE,
        horizon_days=30,
        question="of everyone who ever bought: does a completed order follow within 30 days?",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The days of the first and the last completed order in the trusted zone."""

    first: date
    last: date

    def to_dict(self) -> dict[str, str]:
        """The days as JSON values."""
        return {"first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(frozen=True, kw_only=True)
class CutOffs:
    """Dates on which customers are looked at. A cut-off's features come from before it, its labels from the horizon after it.

    The label windows of `train` end before `validation` begins (before `test`, where history is too short for a validation window of
    its own and it is None), that of `validation` before `test`, and that of `test` at `score`.
    """

    train: tuple[date, ...]
    test: date
    score: date
    validation: date | None = None

    @property
    def labelled(self) -> tuple[date, ...]:
        """Every date that has labels."""
        return (*self.train, *([self.validation] if self.validation else []), self.test)

    def to_dict(self) -> dict[str, object]:
        """The dates as JSON values."""
        return {
            "train": [d.isoformat() for d in self.train],
            "validation": self.validation.isoformat() if self.validation else None,
            "test": self.test.isoformat(),
            "score": self.score.isoformat(),
        }


def oldest_cut_off(task: Task, as_of: date) -> date:
    """The earliest date that `cut_offs` can name."""
    return as_of - timedelta(days=3 * task.horizon_days + (TRAINING_CUT_OFFS - 1) * CUT_OFF_SPACING_DAYS)


def cut_offs(task: Task, as_of: date, coverage: Coverage) -> CutOffs:
    """When to learn, to validate, to test and to score; raises `CannotTrainError` when the orders do not reach far enough."""
    horizon = timedelta(days=task.horizon_days)
    refuse_a_date_beyond_the_data(task, as_of, coverage)
    test = as_of - horizon
    apart = _with_history(_before(test - horizon, horizon), coverage.first, GOOD_HISTORY_DAYS)
    if len(apart) >= LEAST_WITH_VALIDATION:
        return CutOffs(train=tuple(sorted(apart)), validation=test - horizon, test=test, score=as_of)
    possible = _before(test, horizon)
    train = _with_history(possible, coverage.first, GOOD_HISTORY_DAYS) or _with_history(possible, coverage.first, LEAST_HISTORY_DAYS)
    if not train:
        raise CannotTrainError(
            f"too little history for {task.model} as of {as_of}: it needs {LEAST_HISTORY_DAYS} days of orders before two windows of "
            f"{task.horizon_days} days, one to learn from and one to test on. {_advice(task, coverage)}"
        )
    return CutOffs(train=tuple(sorted(train)), test=test, score=as_of)


def _before(day: date, horizon: timedelta) -> list[date]:
    """Cut-offs whose label windows end at `day` or earlier, newest first."""
    return [day - horizon - timedelta(days=CUT_OFF_SPACING_DAYS * i) for i in range(TRAINING_CUT_OFFS)]


def refuse_a_date_beyond_the_data(task: Task, as_of: date, coverage: Coverage) -> None:
    """Raises `AsOfBeyondDataError` when nothing is known of more than a third of the window before the date."""
    silent = (as_of - coverage.last).days
    if silent > max(task.horizon_days // 3, 1):
        raise AsOfBeyondDataError(
            f"no completed order is known in the {silent - 1} days before {as_of}: what came next cannot be labelled for {task.model}. "
            f"{_advice(task, coverage)}"
        )


def refuse_the_future(as_of: date, today: date) -> None:
    """Raises `FutureDateError` for a date later than tomorrow (whose features end with today)."""
    if as_of > today + timedelta(days=1):
        raise FutureDateError(f"as of {as_of} lies in the future: today is {today}; expected a date until {today + timedelta(days=1)}")


def _with_history(dates: Sequence[date], first: date, days: int) -> list[date]:
    return [d for d in dates if (d - first).days >= days]


def _possible(task: Task, coverage: Coverage) -> tuple[date, date]:
    """The first and the last as-of date that orders reach far enough for; the last may be before the first."""
    earliest = coverage.first + timedelta(days=LEAST_HISTORY_DAYS + 2 * task.horizon_days)
    return earliest, coverage.last + timedelta(days=1)


def _advice(task: Task, coverage: Coverage) -> str:
    earliest, latest = _possible(task, coverage)
    known = f"Completed orders cover {coverage.first} to {coverage.last}"
    if earliest > latest:
        return f"{known}; {(earliest - latest).days} more days of orders are needed before any date works for {task.model}."
    return f"{known}; an as-of date between {earliest} and {latest} works for {task.model}."


@dataclass(frozen=True, kw_only=True)
class Classes:
    """How many customers were looked at on one date and how many of them the label holds for."""

    cut_off: date
    population: int
    positives: int

    def to_dict(self) -> dict[str, object]:
        """The counts as JSON values."""
        return {**asdict(self), "cut_off": self.cut_off.isoformat()}


def refuse_too_few(task: Task, dates: CutOffs, classes: Sequence[Classes], coverage: Coverage) -> None:
    """Raises `OneClassError` or `TooFewCustomersError` unless training and test both hold enough customers of each class."""
    _refuse("learn", task, dates, [c for c in classes if c.cut_off in dates.train], coverage)
    _refuse("test", task, dates, [c for c in classes if c.cut_off == dates.test], coverage)


def _refuse(purpose: str, task: Task, dates: CutOffs, classes: Sequence[Classes], coverage: Coverage) -> None:
    population, positives = sum(c.population for c in classes), sum(c.positives for c in classes)
    if min(positives, population - positives) >= LEAST_OF_EACH_CLASS:
        return
    days = ", ".join(str(c.cut_off) for c in classes)
    earliest, latest = _possible(task, coverage)
    one_class = population > LEAST_OF_EACH_CLASS and positives in (0, population)
    raise (OneClassError if one_class else TooFewCustomersError)(
        f"too few customers to {purpose} {task.model} as of {dates.score}: of {population} looked at on {days}, {positives} are positive; "
        f"at least {LEAST_OF_EACH_CLASS} positive and {LEAST_OF_EACH_CLASS} negative are needed. "
        f"Land the orders of more customers, or try another as-of date between {earliest} and {latest}."
    )
