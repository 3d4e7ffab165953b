"""The SageMaker pipelines of a deployment: the registry's groups, the role of steps, and every definition with its defaults."""

from typing import Any

from aws_cdk import Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.pipelines import SCORING, TRAINING, Definition
from omnichannel.contracts.scores import Model
from stacks import images
from stacks.components import grants, job_role
from stacks.components.capability import Capability
from stacks.components.pipeline import Pipeline, code_bundle, wheels_bundle
from stacks.components.trust import trusted
from stacks.components.wheels import MISSING, fetched
from stacks.foundation import Foundation
from stacks.settings import Approver, Settings

READ = (zones.TRUSTED, zones.PIPELINE_RUNS, zones.SCORES, zones.SEGMENTS, zones.LOOKALIKES)
WRITTEN = (zones.PIPELINE_RUNS, zones.SCORES, zones.FEATURES, zones.SEGMENTS, zones.LOOKALIKES)

JOB_ACTIONS = {
    "processing-job": ("CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"),
    "transform-job": ("CreateTransformJob", "DescribeTransformJob", "StopTransformJob"),
    "model": ("CreateModel", "DescribeModel", "DeleteModel"),
}
TRIAL_ACTIONS = {
    "training-job": ("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"),
    "hyper-parameter-tuning-job": (
        "CreateHyperParameterTuningJob",
        "DescribeHyperParameterTuningJob",
        "StopHyperParameterTuningJob",
        "ListTrainingJobsForHyperParameterTuningJob",
    ),
}
NAMED_BY_SAGEMAKER = "SageMaker names the executions of its pipelines, their jobs and their trials"
APPROVAL = {Approver.AUTOMATIC: "Approved", Approver.PERSON: "PendingManualApproval"}


def prefix(settings: Settings) -> str:
    """What the names of this deployment's pipelines and model package groups begin with."""
    return f"{APP}-{settings.environment}-"


class StepRole(Construct):
    """The role of pipelines and of their jobs: reads trusted data, writes what pipelines make, and nothing else."""

    def __init__(self, scope: Capability, id: str, base: Foundation, code: list[assets.Asset]) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(self, "Role", assumed_by=trusted(self, "sagemaker.amazonaws.com"))
        lake = base.buckets.lake
        grants.read_objects(self.role, lake, *(f"{zone}/" for zone in READ))
        grants.write_objects(self.role, lake, *(f"{zone}/" for zone in WRITTEN))
        grants.catalog(self.role, base.database, "*")
        self._let_run_jobs(scope)
        self._let_register(scope)
        tags = (images.TRAINING_TAG, images.PROCESSING_TAG, *((images.SPARK_TAG,) if scope.settings.on_spark else ()))
        job_role.let_run(self.role, scope, tags=tags, code=tuple(code))
        if scope.settings.on_spark:
            # Spark writes into a folder of its own beside the results, and takes it away in the end.
            grants.allow(self.role, ("s3:DeleteObject",), lake.arn_for_objects(f"{zones.PIPELINE_RUNS}/*"))

    def _let_run_jobs(self, stack: Capability) -> None:
        """Jobs are called `pipelines-<execution>-<step>-<suffix>`; tuning jobs are not, which have 32 characters, nor are their trials."""
        for jobs, names in ((JOB_ACTIONS, "pipelines-*"), (TRIAL_ACTIONS, "*")):
            for kind, actions in jobs.items():
                grants.named(
                    self.role,
                    tuple(f"sagemaker:{action}" for action in (*actions, "AddTags", "ListTags")),
                    stack.format_arn(service="sagemaker", resource=kind, resource_name=names),
                    reason=NAMED_BY_SAGEMAKER,
                )
        grants.pass_role(self.role, self.role, "sagemaker.amazonaws.com")

    def _let_register(self, stack: Capability) -> None:
        grants.named(
            self.role,
            ("sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup", "sagemaker:AddTags"),
            *(
                stack.format_arn(service="sagemaker", resource=resource, resource_name=f"{prefix(stack.settings)}*")
                for resource in ("model-package-group", "model-package")
            ),
            reason="the versions of this app's own model packages",
        )


class Pipelines(Construct):
    """Every definition as a pipeline, and a group of versions for each model; with the code and wheels that travel to their jobs."""

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self._settings = scope.settings
        code, wheels = self._travelling()
        self.role = StepRole(scope, "Steps", base, [code, wheels]).role
        self.groups = {model: self._group(model) for model in Model}
        self._common = {
            "LakeBucket": base.buckets.lake.bucket_name,
            "GlueDatabase": base.database,
            "RoleArn": self.role.role_arn,
            "CodeUri": code.s3_object_url,
            "WheelsUri": wheels.s3_object_url,
            "ProcessingImage": self._settings.processing_image_uri,
            "InstanceType": self._settings.instance_type,
            **self._engine(),
        }
        self.by_definition = {
            **{definition: self._pipeline(definition, self._training(model)) for model, definition in TRAINING.items()},
            **{definition: self._pipeline(definition, self._scoring()) for definition in SCORING.values()},
            Definition.AUDIENCES: self._pipeline(Definition.AUDIENCES, {}),
        }
        self._wait_for_rights()

    def _travelling(self) -> tuple[assets.Asset, assets.Asset]:
        """Steps in the sandbox run in the checkout's own Python, which is not the image's: it gets no wheels."""
        found = () if self._settings.in_sandbox else fetched()
        if not found and not self._settings.in_sandbox:
            Validations.of(self).add_warning("omni:no-wheels", MISSING)
        code = assets.Asset(self, "Code", path=str(code_bundle()))
        return code, assets.Asset(self, "Wheels", path=str(wheels_bundle(found)))

    def _group(self, model: Model) -> sagemaker.CfnModelPackageGroup:
        return sagemaker.CfnModelPackageGroup(
            Construct(self, model.value.capitalize()),
            "Packages",
            model_package_group_name=f"{prefix(self._settings)}{model}",
            model_package_group_description=f"Propensity model: {model}",
        )

    def _pipeline(self, definition: Definition, more: dict[str, Any]) -> Pipeline:
        name, title = f"{prefix(self._settings)}{definition}", "".join(part.capitalize() for part in definition.split("-"))
        return Pipeline(self, title, name=name, definition=definition, role=self.role, defaults={**self._common, **more})

    def _engine(self) -> dict[str, Any]:
        """Where features are made: one instance with DuckDB, or a cluster with Spark."""
        settings = self._settings
        if settings.on_spark:
            machine = (settings.spark_image_uri, settings.spark_instance_type, int(settings.spark_instances))
        else:
            machine = (settings.processing_image_uri, settings.instance_type, 1)
        names = ("FeatureImage", "FeatureInstanceType", "FeatureInstances")
        return {
            "FeatureEngine": settings.feature_engine,
            "ActiveDays": settings.active_days,
            **dict(zip(names, machine, strict=True)),
        }

    def _training(self, model: Model) -> dict[str, Any]:
        settings = self._settings
        return {
            "TrainingImage": settings.training_image_uri,
            "TrainingInstances": int(settings.training_instances),
            "TuningJobs": int(settings.tuning_jobs),
            "TuningParallel": int(settings.tuning_parallel),
            "ModelPackageGroup": self.groups[model].model_package_group_name,
            "ApprovalStatus": APPROVAL[settings.policy.approver],
            "MinimumAuc": settings.minimum_auc,
            "MaximumAuc": settings.maximum_auc,
            "MaximumEce": settings.maximum_ece,
        }

    def _scoring(self) -> dict[str, Any]:
        return {"TrainingImage": self._settings.training_image_uri, "Reasons": self._settings.reasons}

    def _wait_for_rights(self) -> None:
        """A pipeline that is started before its role may do its work fails in its first step, or where there is no group to register in."""
        policy = self.role.node.find_child("DefaultPolicy")
        for definition, pipeline in self.by_definition.items():
            pipeline.pipeline.node.add_dependency(policy)
            if definition.trains:
                pipeline.pipeline.add_resource_dependency(self.groups[definition.trains])
