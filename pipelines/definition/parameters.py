"""The parameters of the pipelines. `contracts.pipelines.Parameter` says which every execution brings; the stack binds the others."""

from typing import Any

from omnichannel.contracts.pipelines import Parameter
from omnichannel.scoring.champion import APPROVED, PENDING
from pipelines.definition.sdk import ParameterFloat, ParameterInteger, ParameterString
from pipelines.tasks import ACTIVE_DAYS

MINIMUM_AUC, MAXIMUM_AUC, MAXIMUM_ECE = 0.55, 0.97, 0.04
"""The gate, unless a deployment says otherwise. Above the maximum a model has seen what it should predict, until shown otherwise."""
INSTANCE = "ml.m5.xlarge"
TUNING_JOBS, TUNING_PARALLEL = 10, 2


class Common:
    """What every pipeline has."""

    def __init__(self) -> None:
        self.as_of = ParameterString(str(Parameter.AS_OF))
        self.run = ParameterString(str(Parameter.RUN))
        self.lake = ParameterString("LakeBucket")
        self.database = ParameterString("GlueDatabase")
        self.role = ParameterString("RoleArn")
        self.code = ParameterString("CodeUri")
        self.wheels = ParameterString("WheelsUri")
        self.processing_image = ParameterString("ProcessingImage")
        self.instance = ParameterString("InstanceType", default_value=INSTANCE)
        self.feature_engine = ParameterString("FeatureEngine", default_value="duckdb", enum_values=["duckdb", "spark"])
        self.feature_image = ParameterString("FeatureImage")
        self.feature_instance = ParameterString("FeatureInstanceType", default_value=INSTANCE)
        self.feature_instances = ParameterInteger("FeatureInstances", default_value=1)
        self.active_days = ParameterString("ActiveDays", default_value=str(ACTIVE_DAYS))

    def all(self) -> list[Any]:
        """Every parameter, in the order of the definition."""
        return list(vars(self).values())


class Training(Common):
    """Of pipelines that make a new version of a model."""

    def __init__(self) -> None:
        super().__init__()
        self.champion = ParameterString(str(Parameter.CHAMPION))
        self.training_image = ParameterString("TrainingImage")
        self.training_instances = ParameterInteger("TrainingInstances", default_value=1)
        self.tuning_jobs = ParameterInteger("TuningJobs", default_value=TUNING_JOBS)
        self.tuning_parallel = ParameterInteger("TuningParallel", default_value=TUNING_PARALLEL)
        self.group = ParameterString("ModelPackageGroup")
        self.approval = ParameterString(str(Parameter.APPROVAL), default_value=APPROVED, enum_values=[APPROVED, PENDING])
        self.minimum_auc = ParameterFloat("MinimumAuc", default_value=MINIMUM_AUC)
        self.maximum_auc = ParameterFloat("MaximumAuc", default_value=MAXIMUM_AUC)
        self.maximum_ece = ParameterFloat("MaximumEce", default_value=MAXIMUM_ECE)


class Scoring(Common):
    """Of pipelines that score every customer with a version of a model."""

    def __init__(self) -> None:
        super().__init__()
        self.model_data = ParameterString(str(Parameter.MODEL_DATA))
        self.model_version = ParameterString(str(Parameter.MODEL_VERSION))
        self.training_image = ParameterString("TrainingImage")
        self.reasons = ParameterString("Reasons", default_value="contactable", enum_values=["contactable", "all", "none"])
