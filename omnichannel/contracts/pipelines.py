"""The SageMaker pipelines: their names, what belongs to which model, and where their runs lie in the lake."""

from enum import StrEnum

from omnichannel.contracts.scores import Model
from omnichannel.contracts.zones import PIPELINE_RUNS


class Definition(StrEnum):
    """The committed pipeline definitions. In AWS a deployment's prefix stands before each name."""

    CHURN_TRAIN = "churn-train"
    REPURCHASE_TRAIN = "repurchase-train"
    CHURN_SCORE = "churn-score"
    REPURCHASE_SCORE = "repurchase-score"
    AUDIENCES = "audiences"

    @property
    def trains(self) -> Model | None:
        """The model that it makes a new version of; None where it makes none."""
        return next((model for model, definition in TRAINING.items() if definition is self), None)

    @property
    def scores(self) -> Model | None:
        """The model that it scores every customer with; None where it scores none."""
        return next((model for model, definition in SCORING.items() if definition is self), None)


TRAINING = {Model.CHURN: Definition.CHURN_TRAIN, Model.REPURCHASE: Definition.REPURCHASE_TRAIN}
SCORING = {Model.CHURN: Definition.CHURN_SCORE, Model.REPURCHASE: Definition.REPURCHASE_SCORE}

CHECK = "check.json"
"""In a run's `meta` folder: what the data check found."""


class Parameter(StrEnum):
    """The parameters that an execution may bring along; the stack binds all others, and what `APPROVAL` is where none is brought."""

    AS_OF = "AsOf"
    RUN = "Run"
    CHAMPION = "Champion"
    APPROVAL = "ApprovalStatus"
    MODEL_DATA = "ModelDataUrl"
    MODEL_VERSION = "ModelVersion"


NO_CHAMPION = "none"
"""`Champion` while no version of the model is approved."""


def run_folder(definition: Definition, run: str) -> str:
    """The prefix of what the steps of one execution hand to each other."""
    return f"{PIPELINE_RUNS}/{definition}/{run}/"
