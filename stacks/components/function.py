"""Functions as we make them: a handler object, an environment class, a package kind, a role of its own."""

from collections.abc import Callable
from typing import Any

from aws_cdk import Duration, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from constructs import Construct

from omnichannel.contracts.environment.base import Env
from stacks.components import grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.packages import Kind, archive
from stacks.components.queue import Queue
from stacks.components.trust import fixed

Handler = Callable[[Any, Any], Any]

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class Function(Construct):
    """A function: `function` is the Lambda function, `role` its own role, which may write its own log and nothing more."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        entry: Handler,
        env: Env,
        kind: Kind,
        key: kms.IKey,
        timeout: Duration | None = None,
        memory: int = 512,
        disk: int = 512,
    ) -> None:
        super().__init__(scope, id)
        stack = Capability.holding(self)
        self.timeout = timeout or Duration.seconds(30)
        self.logs = logs.LogGroup(self, "Logs", encryption_key=key, retention=stack.log_retention, removal_policy=stack.removal)
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=f"Runs {handler_name(entry)}"
        )
        self._let_log()
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=ARCHITECTURES[stack.settings.platform.architecture],
            handler=handler_name(entry),
            code=package(stack, kind),
            role=fixed(self.role),
            timeout=self.timeout,
            memory_size=memory,
            ephemeral_storage_size=Size.mebibytes(disk),
            log_group=self.logs,
            environment=variables(entry, env),
        )
        self.function.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
        acknowledge(self, "AwsSolutions-L1", "Python 3.13 is supported to 2029 and every pinned wheel has a build for it")
        self._alarm_on_errors()

    def consume(self, queue: Queue, *, batch: int, window: Duration | None = None, side_by_side: int | None = None) -> None:
        """Read a queue in batches, so many at a time; only the messages that the function reports as failed come back."""
        grants.receive(self.role, queue.queue)
        self.function.add_event_source(
            event_sources.SqsEventSource(
                queue.queue, batch_size=batch, max_batching_window=window, max_concurrency=side_by_side, report_batch_item_failures=True
            )
        )

    def _let_log(self) -> None:
        grants.allow(self.role, ("logs:CreateLogStream", "logs:PutLogEvents"), self.logs.log_group_arn)

    def _alarm_on_errors(self) -> None:
        self.function.metric_errors(period=Duration.minutes(5)).create_alarm(
            self,
            "Errors",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def handler_name(entry: Handler) -> str:
    """How Lambda calls a handler object: `lambdas.stage_file.handler`."""
    return f"{entry.__module__}.{entry.__name__}"


def service_name(entry: Handler) -> str:
    """What a handler calls itself in its logs and metrics: `stage_file`."""
    return entry.__module__.rsplit(".", 1)[-1]


def variables(entry: Handler, env: Env) -> dict[str, str]:
    """The environment: exactly the fields of the class, and how to log."""
    return {
        **env.variables(),
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": service_name(entry),
    }


def package(stack: Capability, kind: Kind) -> lambda_.Code:
    """The package of a kind, one asset however many functions share it."""
    return lambda_.Code.from_asset(str(archive(kind, stack.settings.platform)))
