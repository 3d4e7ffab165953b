"""Training in XGBoost's script mode: one job, and a tuning job of many short ones. Ranges and fixed values are shallow trees."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.requests import HOUR, VOLUME_GB, Request, Value

FIXED = {
    "max_depth": "3",
    "eta": "0.05",
    "min_child_weight": "5",
    "subsample": "0.8",
    "colsample_bytree": "0.8",
    "reg_lambda": "1",
}
"""Within .005 AUC of thirty trials of tuning on nearly every real set that was measured, so tuning has to beat them."""
LEARNING = {"num_round": "200", "early_stopping_rounds": "25", "seed": "7"}


@dataclass(frozen=True, kw_only=True)
class Range:
    """Where tuning looks for one hyperparameter, by the service's names of scales."""

    least: str
    most: str
    scale: str = "Linear"


DEPTH = Range(least="2", most="5")
RANGES = {
    "eta": Range(least="0.02", most="0.2", scale="Logarithmic"),
    "min_child_weight": Range(least="1", most="20", scale="Logarithmic"),
    "subsample": Range(least="0.5", most="1"),
    "colsample_bytree": Range(least="0.5", most="1"),
    "reg_lambda": Range(least="0.1", most="10", scale="Logarithmic"),
}
"""Shallow: deeper trees and library defaults lost up to .02 AUC on the real sets that were measured."""

OBJECTIVE = "validation:logloss"
METRIC = "validation-logloss=([0-9.eE+-]+)"
TUNING_SEED = 7


def training(
    *, image: Value, role: Value, instance: Value, instances: Value, code: Value, channels: Mapping[str, Value], output: Value
) -> Request:
    """A training job; channels are S3 prefixes by name. With several instances the trees are grown by all of them together."""
    return {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "RoleArn": role,
        "InputDataConfig": _channels(channels),
        "OutputDataConfig": {"S3OutputPath": output},
        "ResourceConfig": _resources(instance, instances),
        "StoppingCondition": {"MaxRuntimeInSeconds": HOUR},
        "HyperParameters": {**FIXED, **LEARNING, "trial": "0", **_script(code)},
    }


def tuning(
    *,
    image: Value,
    role: Value,
    instance: Value,
    code: Value,
    channels: Mapping[str, Value],
    output: Value,
    jobs: Value,
    parallel: Value,
) -> Request:
    """A tuning job of `jobs` trials, `parallel` of them at a time, that looks for the lowest log loss on the validation channel."""
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": OBJECTIVE},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": parallel},
            "ParameterRanges": _ranges(),
            "TrainingJobEarlyStoppingType": "Auto",
            "RandomSeed": TUNING_SEED,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {**LEARNING, "trial": "1", **_script(code)},
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": OBJECTIVE, "Regex": METRIC}],
            },
            "RoleArn": role,
            "InputDataConfig": _channels(channels),
            "OutputDataConfig": {"S3OutputPath": output},
            "ResourceConfig": _resources(instance, 1),
            "StoppingCondition": {"MaxRuntimeInSeconds": HOUR},
        },
    }


def _ranges() -> Request:
    continuous = [
        {"Name": name, "MinValue": found.least, "MaxValue": found.most, "ScalingType": found.scale} for name, found in RANGES.items()
    ]
    depth = {"Name": "max_depth", "MinValue": DEPTH.least, "MaxValue": DEPTH.most, "ScalingType": DEPTH.scale}
    return {"IntegerParameterRanges": [depth], "ContinuousParameterRanges": continuous}


def _script(code: Value) -> Request:
    return {"sagemaker_program": "train_entry.py", "sagemaker_submit_directory": code}


def _resources(instance: Value, instances: Value) -> Request:
    return {"InstanceCount": instances, "InstanceType": instance, "VolumeSizeInGB": VOLUME_GB}


def _channels(channels: Mapping[str, Value]) -> list[Request]:
    return [
        {
            "ChannelName": name,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}},
        }
        for name, uri in channels.items()
    ]
