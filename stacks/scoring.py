"""What starts pipelines and waits for them: one state machine that trains, weekly, and one that scores, daily."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambdas import pipeline_run
from omnichannel.contracts.environment.propensity import PipelineRunEnv
from omnichannel.contracts.metrics import SCORING_NAMESPACE, SILENT_DATA_SETS
from omnichannel.contracts.pipelines import SCORING, TRAINING, Definition
from omnichannel.contracts.sources import DEPLOYMENT_DIMENSION, SERVICE_DIMENSION
from omnichannel.contracts.zones import PIPELINE_RUNS
from stacks.components import asl, grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.function import Function, service_name
from stacks.components.packages import Kind
from stacks.components.queue import DEAD_LETTERS_KEPT_DAYS
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.foundation import Foundation
from stacks.pipelines import NAMED_BY_SAGEMAKER, Pipelines, prefix

SECONDS = 12 * 3600
NO_MODEL = "NoApprovedModel"


class PipelineRuns(Construct):
    """`function` starts pipelines and tells how they stand; `steps` are the states around one pipeline."""

    def __init__(self, scope: Capability, id: str, base: Foundation, pipelines: Pipelines) -> None:
        super().__init__(scope, id)
        self.function = Function(
            self,
            "PipelineRun",
            entry=pipeline_run.handler,
            env=PipelineRunEnv(lake_bucket=base.buckets.lake.bucket_name, glue_database=base.database, prefix=prefix(scope.settings)),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.seconds(60),
        )
        grants.read_objects(self.function.role, base.buckets.lake, f"{PIPELINE_RUNS}/")
        self._let_run(scope, pipelines)
        self._let_look_up(scope)
        self._alarm_on_silence(base)

    def steps(self, definition: Definition, *, fails_as: str, then: str) -> tuple[str, asl.States]:
        """Start one pipeline and ask until it has ended, then go to `then`; the name of the first state, and all of them.

        A pipeline that ends otherwise than well fails the machine as `fails_as`, in the failing step's own words.
        """
        title = "".join(part.capitalize() for part in definition.split("-"))
        # A schedule names no date: the function takes the day before the execution's.
        begin = {
            "action": "start",
            "definition": str(definition),
            "execution": "{% $states.context.Execution.Name %}",
            "asked_at": "{% $states.context.Execution.StartTime %}",
            "as_of": "{% $exists($states.context.Execution.Input.as_of) ? $states.context.Execution.Input.as_of : null %}",
        }
        ended = "$states.input.status in ['Failed', 'Stopped']"
        why = f"'The pipeline {definition} ended as ' & $states.input.status & ': ' & $states.input.failure"
        started = f"{title}Started?" if definition.scores else f"{title}Runs"
        return f"Start{title}", {
            f"Start{title}": asl.invoke(self.function, payload=begin, Next=started),
            **(_without_model(title) if definition.scores else {}),
            f"{title}Runs": asl.wait(then=f"HowIs{title}"),
            f"HowIs{title}": asl.invoke(self.function, payload=_ask(), Next=f"{title}Ended?"),
            f"{title}Ended?": asl.choice(
                ("$states.input.status = 'Succeeded'", then), (ended, f"{title}{fails_as}"), otherwise=f"{title}Runs"
            ),
            f"{title}{fails_as}": asl.fail(fails_as, f"{{% {why} %}}"),
        }

    def branch(self, definition: Definition, *, fails_as: str) -> tuple[str, asl.States]:
        """The same as a branch of its own."""
        done = f"{definition.split('-')[0].capitalize()}Done"
        start, states = self.steps(definition, fails_as=fails_as, then=done)
        return start, {**states, done: {"Type": "Succeed"}}

    def _let_run(self, stack: Capability, pipelines: Pipelines) -> None:
        names = [pipeline.name for pipeline in pipelines.by_definition.values()]
        arns = [stack.format_arn(service="sagemaker", resource="pipeline", resource_name=name) for name in names]
        grants.allow(self.function.role, ("sagemaker:StartPipelineExecution",), *arns)
        grants.named(
            self.function.role,
            ("sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"),
            *(f"{arn}/execution/*" for arn in arns),
            reason=NAMED_BY_SAGEMAKER,
        )

    def _let_look_up(self, stack: Capability) -> None:
        grants.anything(self.function.role, "sagemaker:ListModelPackages", reason="lists know no resources: AWS asks for *")
        grants.named(
            self.function.role,
            ("sagemaker:DescribeModelPackage",),
            stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{prefix(stack.settings)}*"),
            reason="the versions of this app's own model packages",
        )

    def _alarm_on_silence(self, base: Foundation) -> None:
        cloudwatch.Metric(
            namespace=SCORING_NAMESPACE,
            metric_name=SILENT_DATA_SETS,
            dimensions_map={DEPLOYMENT_DIMENSION: base.database, SERVICE_DIMENSION: service_name(pipeline_run.handler)},
            statistic="Maximum",
            period=Duration.minutes(5),
        ).create_alarm(
            self,
            "DataMissing",
            alarm_description="A data set that features are made of has stopped arriving; the run's meta/check.json says which",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _without_model(title: str) -> asl.States:
    """Fails by a name of its own where no version may be scored with."""
    return {
        f"{title}Started?": asl.choice(("$exists($states.input.no_model)", f"{title}NoModel"), otherwise=f"{title}Runs"),
        f"{title}NoModel": asl.fail(NO_MODEL, "{% $states.input.no_model %}"),
    }


def _ask() -> dict[str, object]:
    """Every answer names the execution that is asked about next."""
    return {"action": "describe", **{name: f"{{% $states.input.{name} %}}" for name in ("definition", "run", "execution_arn")}}


class Models(Construct):
    """`training` makes a new version of each model, `scoring` scores every customer and then makes the audiences."""

    def __init__(self, scope: Capability, id: str, base: Foundation, runs: PipelineRuns) -> None:
        super().__init__(scope, id)
        train = {"Train": asl.parallel(*(runs.branch(definition, fails_as="NotTrained") for definition in TRAINING.values()))}
        audiences, states = runs.steps(Definition.AUDIENCES, fails_as="NoAudiences", then="Done")
        score = {
            "Score": asl.parallel(*(runs.branch(definition, fails_as="NotScored") for definition in SCORING.values()), Next=audiences),
            **states,
            "Done": {"Type": "Succeed"},
        }
        self.training = self._machine("Training", asl.machine("Train", train, timeout_seconds=SECONDS), base, runs)
        self.scoring = self._machine("Scoring", asl.machine("Score", score, timeout_seconds=SECONDS), base, runs)
        letters = self._dead_letters(base)
        for name, expression, target in (
            ("Train", scope.settings.train_schedule, self.training),
            ("Score", scope.settings.score_schedule, self.scoring),
        ):
            Schedule(self, f"{name}Schedule", expression=expression, target=target, dead_letters=letters)

    def _machine(self, name: str, definition: dict[str, object], base: Foundation, runs: PipelineRuns) -> StateMachine:
        return StateMachine(self, name, definition=definition, calls=[runs.function], key=base.message_key)

    def _dead_letters(self, base: Foundation) -> sqs.Queue:
        """Starts that EventBridge Scheduler gave up on; each one alarms."""
        queue = sqs.Queue(
            self,
            "MissedStarts",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=base.message_key,
            enforce_ssl=True,
            retention_period=Duration.days(DEAD_LETTERS_KEPT_DAYS),
        )
        acknowledge(queue, "AwsSolutions-SQS3", "it is a dead-letter queue itself: of schedules, which the rule does not look at")
        queue.metric_approximate_number_of_messages_visible(statistic="Maximum").create_alarm(
            self,
            "StartsMissed",
            alarm_description="A schedule could not start training or scoring; the message says which",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        return queue
