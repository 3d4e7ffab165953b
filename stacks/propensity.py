"""Propensity: a schedule -> scoring state machine -> both SageMaker pipelines side by side -> score runs in the lake."""

from aws_cdk import Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from lambdas import pipeline_run
from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.environment import PipelineRunEnv
from omnichannel.contracts.scores import Model
from stacks import images
from stacks.components import asl, grants, job_role
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.pipeline import Pipeline, code_bundle, wheels_bundle
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.components.trust import trusted
from stacks.components.wheels import MISSING, fetched
from stacks.foundation import Foundation
from stacks.settings import Approver, Settings

SCORING_SECONDS = 12 * 3600
SCORING_SCHEDULE = "cron(0 6 ? * MON *)"

JOB_ACTIONS = {
    "processing-job": ("CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"),
    "training-job": ("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"),
    "transform-job": ("CreateTransformJob", "DescribeTransformJob", "StopTransformJob"),
    "model": ("CreateModel", "DescribeModel", "DeleteModel"),
}
APPROVAL = {Approver.AUTOMATIC: "Approved", Approver.PERSON: "PendingManualApproval"}


class StepRole(Construct):
    """The role of pipelines and of their jobs: reads trusted data, writes pipeline runs, models and scores, and nothing else."""

    def __init__(self, scope: Capability, id: str, base: Foundation, code: list[assets.Asset]) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(self, "Role", assumed_by=trusted(self, "sagemaker.amazonaws.com"))
        lake = base.buckets.lake
        grants.read_objects(self.role, lake, *(f"{zone}/" for zone in (zones.TRUSTED, zones.PIPELINE_RUNS, zones.SCORES)))
        grants.write_objects(self.role, lake, *(f"{zone}/" for zone in (zones.PIPELINE_RUNS, zones.SCORES)))
        grants.catalog(self.role, base.database, "*")
        self._let_run_jobs(scope)
        job_role.let_run(self.role, scope, tags=(images.TRAINING_TAG, images.PROCESSING_TAG), code=tuple(code))

    def _let_run_jobs(self, stack: Capability) -> None:
        """Pipelines name their jobs `pipelines-<execution>-<step>-<suffix>`."""
        for kind, actions in JOB_ACTIONS.items():
            grants.named(
                self.role,
                tuple(f"sagemaker:{action}" for action in (*actions, "AddTags", "ListTags")),
                stack.format_arn(service="sagemaker", resource=kind, resource_name="pipelines-*"),
                reason="SageMaker Pipelines names the jobs of its steps, with this prefix",
            )
        grants.named(
            self.role,
            ("sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup", "sagemaker:AddTags"),
            stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=f"{model_prefix(stack.settings)}*"),
            stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{model_prefix(stack.settings)}*"),
            reason="the versions of this app's own model packages",
        )
        grants.pass_role(self.role, self.role, "sagemaker.amazonaws.com")


def model_prefix(settings: Settings) -> str:
    """What the names of this deployment's pipelines and model package groups begin with."""
    return f"{APP}-{settings.environment}-"


class Pipelines(Construct):
    """Both models' pipelines, with the code and wheels that travel to their jobs."""

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        settings = scope.settings
        # Steps in the sandbox run in the checkout's own Python, which is not the image's.
        found = () if settings.in_sandbox else fetched()
        if not found and not settings.in_sandbox:
            Validations.of(self).add_warning("omni:no-wheels", MISSING)
        code = assets.Asset(self, "Code", path=str(code_bundle()))
        wheels = assets.Asset(self, "Wheels", path=str(wheels_bundle(found)))
        role = StepRole(scope, "Steps", base, [code, wheels]).role
        defaults = {
            "LakeBucket": base.buckets.lake.bucket_name,
            "GlueDatabase": base.database,
            "CodeUri": code.s3_object_url,
            "WheelsUri": wheels.s3_object_url,
            "ProcessingImage": settings.processing_image_uri,
            "TrainingImage": settings.training_image_uri,
            "InstanceType": settings.instance_type,
            "ApprovalStatus": APPROVAL[settings.policy.approver],
        }
        self.by_model = {
            model: Pipeline(
                self, model.value.capitalize(), name=f"{model_prefix(settings)}{model}", model=model, role=role, defaults=defaults
            )
            for model in Model
        }
        # A pipeline that is started before its role may do its work fails in its first step.
        policy = role.node.find_child("DefaultPolicy")
        for pipeline in self.by_model.values():
            pipeline.pipeline.node.add_dependency(policy)


class Scoring(Construct):
    """Starts both pipelines and waits for them."""

    def __init__(self, scope: Capability, id: str, base: Foundation, pipelines: Pipelines) -> None:
        super().__init__(scope, id)
        names = {f"{model}_pipeline": pipeline.name for model, pipeline in pipelines.by_model.items()}
        function = Function(
            self,
            "PipelineRun",
            entry=pipeline_run.handler,
            env=PipelineRunEnv(lake_bucket=base.buckets.lake.bucket_name, **names),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.seconds(60),
        )
        self._let_run(scope, function, pipelines)
        definition = asl.machine(
            "Score", {"Score": asl.parallel(*(branch(model, function) for model in Model))}, timeout_seconds=SCORING_SECONDS
        )
        self.machine = StateMachine(self, "Models", definition=definition, calls=[function], key=base.message_key)
        Schedule(self, "Weekly", expression=SCORING_SCHEDULE, target=self.machine)

    def _let_run(self, stack: Capability, function: Function, pipelines: Pipelines) -> None:
        arns = [
            stack.format_arn(service="sagemaker", resource="pipeline", resource_name=pipeline.name)
            for pipeline in pipelines.by_model.values()
        ]
        grants.allow(function.role, ("sagemaker:StartPipelineExecution",), *arns)
        grants.named(
            function.role,
            ("sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"),
            *(f"{arn}/execution/*" for arn in arns),
            reason="SageMaker names the executions of these two pipelines",
        )


def branch(model: Model, function: Function) -> tuple[str, asl.States]:
    """Start one pipeline and ask until it has ended; every answer names the execution that is asked about next."""
    # A schedule names no date: the function takes yesterday's.
    begin = {
        "action": "start",
        "model": model.value,
        "execution": "{% $states.context.Execution.Name %}",
        "as_of": "{% $exists($states.context.Execution.Input.as_of) ? $states.context.Execution.Input.as_of : null %}",
    }
    title = model.value.capitalize()
    ended = "$states.input.status in ['Failed', 'Stopped']"
    return f"Start{title}", {
        f"Start{title}": asl.invoke(function, payload=begin, Next=f"{title}Runs"),
        f"{title}Runs": asl.wait(then=f"HowIs{title}"),
        f"HowIs{title}": asl.invoke(
            function,
            payload={"action": "describe", "model": model.value, "execution_arn": "{% $states.input.execution_arn %}"},
            Next=f"{title}Ended?",
        ),
        f"{title}Ended?": asl.choice(
            ("$states.input.status = 'Succeeded'", f"{title}Scored"), (ended, f"{title}NotScored"), otherwise=f"{title}Runs"
        ),
        f"{title}Scored": {"Type": "Succeed"},
        f"{title}NotScored": asl.fail(
            "NotScored", f"{{% 'The pipeline of the model {model} ended as ' & $states.input.status & ': ' & $states.input.failure %}}"
        ),
    }


class Propensity(Capability):
    """From trusted data to score runs."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "propensity", "Every customer scored for churn and repurchase")
        pipelines = Pipelines(self, "Pipelines", base)
        scoring = Scoring(self, "Scoring", base, pipelines)
        self.tell(
            churn_pipeline=pipelines.by_model[Model.CHURN].name,
            repurchase_pipeline=pipelines.by_model[Model.REPURCHASE].name,
            scoring_state_machine=scoring.machine.machine.state_machine_arn,
        )
