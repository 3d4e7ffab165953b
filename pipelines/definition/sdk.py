"""What we use of the SageMaker SDK, imported in one place: it makes clients meanwhile, which want a region, any, and are not used."""

import os
from unittest import mock

with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"}):
    from sagemaker.core.helper.pipeline_variable import PipelineVariable
    from sagemaker.core.workflow.conditions import ConditionEquals
    from sagemaker.core.workflow.functions import Join, JsonGet
    from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
    from sagemaker.core.workflow.properties import Properties, PropertyFile
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.pipeline import Pipeline
    from sagemaker.mlops.workflow.retry import (
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
        StepExceptionTypeEnum,
        StepRetryPolicy,
    )
    from sagemaker.mlops.workflow.steps import ConfigurableRetryStep, Step, StepTypeEnum

__all__ = [
    "ConditionEquals",
    "ConditionStep",
    "ConfigurableRetryStep",
    "FailStep",
    "Join",
    "JsonGet",
    "NoSession",
    "ParameterFloat",
    "ParameterInteger",
    "ParameterString",
    "Pipeline",
    "PipelineVariable",
    "Properties",
    "PropertyFile",
    "SageMakerJobExceptionTypeEnum",
    "SageMakerJobStepRetryPolicy",
    "Step",
    "StepExceptionTypeEnum",
    "StepRetryPolicy",
    "StepTypeEnum",
]


class NoSession:
    """What the SDK wants of a session in order to describe a pipeline: nothing that reaches AWS."""

    boto_region_name = "us-east-1"
    local_mode = False
    config = None
    sagemaker_config = None

    @property
    def boto_session(self) -> "NoSession":
        """Itself."""
        return self

    def client(self, name: str) -> None:
        """No client: a definition calls nothing."""
