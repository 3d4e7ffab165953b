"""The knobs of models and their pipelines: how they are trained, what the gate lets through, and when they run."""

from dataclasses import dataclass

from stacks import knobs
from stacks.knobs import SettingsError
from stacks.schedule_expression import schedule

ENGINES = ("duckdb", "spark")
REASONS = ("contactable", "all", "none")
"""Who gets reasons beside a score: customers that activation could contact, everyone, nobody."""


@dataclass(frozen=True, kw_only=True)
class ModelKnobs:
    """As they were given (strings); `Settings` has them all. The properties say what they mean."""

    train_schedule: str = "cron(0 3 ? * SUN *)"
    score_schedule: str = "cron(0 6 * * ? *)"
    tuning_jobs: str = "10"
    tuning_parallel: str = "2"
    training_instances: str = "1"
    feature_engine: str = "duckdb"
    active_days: str = "90"
    reasons: str = "contactable"
    gate_minimum_auc: str = "0.55"
    gate_maximum_auc: str = "0.97"
    gate_maximum_ece: str = "0.1"

    def check_models(self) -> None:
        """Check every value; raises `SettingsError`."""
        for name in ("train_schedule", "score_schedule"):
            schedule(name, getattr(self, name))
        knobs.whole("tuning_jobs", self.tuning_jobs, most=500)
        knobs.whole("tuning_parallel", self.tuning_parallel, most=100)
        knobs.whole("training_instances", self.training_instances, most=20)
        knobs.whole("active_days", self.active_days, most=730)
        knobs.one_of("feature_engine", self.feature_engine, ENGINES)
        knobs.one_of("reasons", self.reasons, REASONS)
        if self.minimum_auc >= self.maximum_auc:
            raise SettingsError(
                f"gate_minimum_auc={self.gate_minimum_auc!r} is not below gate_maximum_auc={self.gate_maximum_auc!r}: no model would pass"
            )
        _ = self.maximum_ece

    @property
    def minimum_auc(self) -> float:
        """The ROC-AUC below which a model is refused."""
        return _share("gate_minimum_auc", self.gate_minimum_auc)

    @property
    def maximum_auc(self) -> float:
        """The ROC-AUC above which a model is taken for one that saw the future."""
        return _share("gate_maximum_auc", self.gate_maximum_auc)

    @property
    def maximum_ece(self) -> float:
        """The expected calibration error above which, by more than chance, a model is refused."""
        return _share("gate_maximum_ece", self.gate_maximum_ece)

    @property
    def on_spark(self) -> bool:
        """Whether features are made on Spark."""
        return self.feature_engine == "spark"


def _share(name: str, value: str) -> float:
    """A number above 0 and at most 1."""
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not 0 < found <= 1:
        raise SettingsError(f"{name}={value!r} is not a number above 0 and at most 1")
    return found
