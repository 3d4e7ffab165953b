"""The pipeline definitions, built by the SageMaker SDK: `python -m pipelines.definition` writes `definitions/*.json`.

Alone in importing the SDK, of which only the parts that describe a pipeline are used. No network, no clock, no upload: the same
sources give the same bytes.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from omnichannel.contracts.scores import Model
from omnichannel.contracts.zones import PIPELINE_RUNS
from pipelines import requests
from pipelines.requests import input_folder, output_folder

# The SDK makes clients while it is imported; they want a region, any region, and are not used.
with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"}):
    from sagemaker.core.helper.pipeline_variable import PipelineVariable
    from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
    from sagemaker.core.workflow.functions import Join, JsonGet
    from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
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

DEFINITIONS = Path(__file__).parent / "definitions"
MINIMUM_AUC, MAXIMUM_AUC = 0.55, 0.97

OPERATIONS = {
    StepTypeEnum.PROCESSING: ("CreateProcessingJob", "ProcessingJobName", "DescribeProcessingJobResponse"),
    StepTypeEnum.TRAINING: ("CreateTrainingJob", "TrainingJobName", "DescribeTrainingJobResponse"),
    StepTypeEnum.TRANSFORM: ("CreateTransformJob", "TransformJobName", "DescribeTransformJobResponse"),
    StepTypeEnum.CREATE_MODEL: ("CreateModel", "ModelName", "DescribeModelOutput"),
    StepTypeEnum.REGISTER_MODEL: ("CreateModelPackage", "ModelPackageName", "DescribeModelPackageOutput"),
}
"""Step type -> the operation behind it, the name that the service gives, and the shape of its properties."""


class RequestStep(ConfigurableRetryStep):  # type: ignore[misc]  # the SDK has no types
    """A step whose arguments are a plain request, checked against botocore's model of the operation when it is made."""

    def __init__(
        self,
        name: str,
        kind: StepTypeEnum,
        request: requests.Request,
        *,
        property_files: Sequence[PropertyFile] = (),
        depends_on: Sequence[Step] = (),
    ) -> None:
        super().__init__(name, kind, depends_on=list(depends_on) or None, retry_policies=_retries(kind))
        operation, named, described = OPERATIONS[kind]
        requests.check(operation, {named: "name", **request}, is_variable=lambda value: isinstance(value, PipelineVariable))
        self.property_files = list(property_files)
        self._request = request
        self._properties = Properties(step_name=name, step=self, shape_name=described)

    @property
    def arguments(self) -> requests.Request:
        """The request."""
        return self._request

    @property
    def properties(self) -> Any:
        """What the step's describe operation will say."""
        return self._properties

    def to_request(self) -> dict[str, Any]:
        """The step's part of the definition."""
        request: dict[str, Any] = super().to_request()
        if self.property_files:
            request["PropertyFiles"] = [f.expr for f in self.property_files]
        return request


def _retries(kind: StepTypeEnum) -> list[Any]:
    throttled = StepRetryPolicy(
        exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        interval_seconds=10,
        backoff_rate=2.0,
        max_attempts=4,
    )
    if kind in (StepTypeEnum.CREATE_MODEL, StepTypeEnum.REGISTER_MODEL):
        return [throttled]
    crowded = SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
        failure_reason_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR, SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
        interval_seconds=60,
        backoff_rate=2.0,
        max_attempts=3,
    )
    return [throttled, crowded]


class Parameters:
    """The parameters of a pipeline. Only `AsOf` and `Run` are given at every start; the stack binds the others' defaults."""

    def __init__(self) -> None:
        self.as_of = ParameterString("AsOf")
        self.run = ParameterString("Run")
        self.lake = ParameterString("LakeBucket")
        self.database = ParameterString("GlueDatabase")
        self.role = ParameterString("RoleArn")
        self.code = ParameterString("CodeUri")
        self.wheels = ParameterString("WheelsUri")
        self.processing_image = ParameterString("ProcessingImage")
        self.training_image = ParameterString("TrainingImage")
        self.instance = ParameterString("InstanceType", default_value="ml.m5.xlarge")
        self.group = ParameterString("ModelPackageGroup")
        self.approval = ParameterString("ApprovalStatus", default_value="Approved", enum_values=["Approved", "PendingManualApproval"])
        self.minimum_auc = ParameterFloat("MinimumAuc", default_value=MINIMUM_AUC)
        self.maximum_auc = ParameterFloat("MaximumAuc", default_value=MAXIMUM_AUC)

    def all(self) -> list[Any]:
        """Every parameter, in the order of the definition."""
        return list(vars(self).values())


class PropensityPipeline:
    """The steps of one model's pipeline."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.given = Parameters()
        self.features = self._features()
        self.train = self._train()
        self.evaluation_file = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
        self.evaluate = self._evaluate()
        self.archive = Join(on="/", values=[_output(self.evaluate, "repacked"), "model.tar.gz"])

    def pipeline(self) -> Pipeline:
        """All of it."""
        return Pipeline(
            name=str(self.model),
            parameters=self.given.all(),
            steps=[self.features, self.train, self.evaluate, self._gate()],
            sagemaker_session=_NoSession(),
            pipeline_experiment_config=None,
        )

    def _place(self, *path: str) -> Join:
        """Where a run's intermediate files lie in the lake. No name begins with another's: an S3 prefix would hold both."""
        return Join(on="/", values=["s3:/", self.given.lake, PIPELINE_RUNS, str(self.model), self.given.run, *path])

    def _processing(
        self,
        name: str,
        *,
        on_training_image: bool,
        arguments: Sequence[Any],
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        **more: Any,
    ) -> RequestStep:
        request = requests.processing(
            image=self.given.training_image if on_training_image else self.given.processing_image,
            role=self.given.role,
            instance=self.given.instance,
            code=self.given.code,
            wheels=None if on_training_image else self.given.wheels,
            module=f"pipelines.steps.{name.lower()}",
            arguments=["--model", str(self.model), "--as-of", self.given.as_of, *arguments],
            inputs=inputs,
            outputs={o: self._place(o) for o in outputs},
        )
        return RequestStep(name, StepTypeEnum.PROCESSING, request, **more)

    def _features(self) -> RequestStep:
        return self._processing(
            "Features",
            on_training_image=False,
            inputs={},
            outputs=("train", "test", "customers", "meta"),
            arguments=["--glue-database", self.given.database, "--output", f"{requests.PROCESSING}/output"],
        )

    def _train(self) -> RequestStep:
        return RequestStep(
            "Train",
            StepTypeEnum.TRAINING,
            requests.training(
                image=self.given.training_image,
                role=self.given.role,
                instance=self.given.instance,
                code=self.given.code,
                channels={name: _output(self.features, name) for name in ("train", "meta")},
                output=self._place("artifacts"),
            ),
        )

    def _evaluate(self) -> RequestStep:
        inputs = {
            "trained": self.train.properties.ModelArtifacts.S3ModelArtifacts,
            "test": _output(self.features, "test"),
            "meta": _output(self.features, "meta"),
        }
        outputs = ("evaluation", "repacked")
        return self._processing(
            "Evaluate",
            on_training_image=True,
            inputs=inputs,
            outputs=outputs,
            property_files=[self.evaluation_file],
            arguments=_folders(input_folder, inputs) + _folders(output_folder, outputs),
        )

    def _gate(self) -> ConditionStep:
        auc, highest = (_measured("Evaluate", self.evaluation_file, name) for name in ("roc_auc", "highest_auc"))
        refusal = Join(
            on="",
            values=[
                f"The gate refused the {self.model} model: on later time, the ROC-AUC of what would be published has to be at least ",
                self.given.minimum_auc,
                " (MinimumAuc), and no candidate's may be above ",
                self.given.maximum_auc,
                " (MaximumAuc), which is a leak until shown otherwise. See ",
                _output(self.evaluate, "evaluation"),
                "/evaluation.json",
            ],
        )
        return ConditionStep(
            name="Gate",
            conditions=[
                ConditionGreaterThanOrEqualTo(left=auc, right=self.given.minimum_auc),
                ConditionLessThanOrEqualTo(left=highest, right=self.given.maximum_auc),
            ],
            if_steps=self._published(),
            else_steps=[FailStep(name="Refused", error_message=refusal)],
        )

    def _published(self) -> list[RequestStep]:
        given = self.given
        evaluation = Join(on="/", values=[_output(self.evaluate, "evaluation"), "evaluation.json"])
        register = RequestStep(
            "Register",
            StepTypeEnum.REGISTER_MODEL,
            requests.model_package(
                name=self.model,
                group=given.group,
                image=given.training_image,
                data=self.archive,
                evaluation=evaluation,
                approval=given.approval,
                as_of=given.as_of,
                run=given.run,
            ),
        )
        model = RequestStep(
            "Model", StepTypeEnum.CREATE_MODEL, requests.model(image=given.training_image, role=given.role, data=self.archive)
        )
        score = RequestStep(
            "Score",
            StepTypeEnum.TRANSFORM,
            requests.transform(
                model_name=model.properties.ModelName,
                instance=given.instance,
                source=_output(self.features, "customers"),
                output=self._place("scores"),
            ),
        )
        inputs = {
            "trained": _output(self.evaluate, "repacked"),
            "sent": _output(self.features, "customers"),
            "scored": score.properties.TransformOutput.S3OutputPath,
            "evaluation": _output(self.evaluate, "evaluation"),
            "meta": _output(self.features, "meta"),
        }
        publish = self._processing(
            "Publish",
            on_training_image=True,
            inputs=inputs,
            outputs=(),
            depends_on=[register],
            arguments=["--bucket", given.lake, *_folders(input_folder, inputs)],
        )
        return [register, model, score, publish]


def _measured(step: str, file: PropertyFile, name: str) -> JsonGet:
    return JsonGet(step_name=step, property_file=file, json_path=name)


def _output(step: RequestStep, name: str) -> Any:
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _folders(place: Any, names: Sequence[str] | Mapping[str, Any]) -> list[str]:
    return [part for name in names for part in (f"--{name}", place(name))]


class _NoSession:
    """What the SDK wants of a session in order to describe a pipeline: nothing that reaches AWS."""

    boto_region_name = "us-east-1"
    local_mode = False
    config = None
    sagemaker_config = None

    @property
    def boto_session(self) -> "_NoSession":
        return self

    def client(self, name: str) -> None:
        """No client: a definition calls nothing."""


def build(model: Model) -> str:
    """The definition of one model's pipeline, as pretty JSON that ends in a line break."""
    definition = json.loads(PropensityPipeline(model).pipeline().definition())
    return json.dumps({k: v for k, v in definition.items() if v is not None}, indent=1) + "\n"


def main() -> None:
    """Writes every model's definition."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=DEFINITIONS)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for model in Model:
        (folder / f"{model}.json").write_text(build(model))


if __name__ == "__main__":
    main()
