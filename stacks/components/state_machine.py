"""State machines as we make them: JSONata, logged, traced, a role that may only do what its states do."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.components import asl, grants
from stacks.components.acknowledge import acknowledge_resources
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.trust import fixed, trusted


class StateMachine(Construct):
    """A state machine: `machine`, and its `role`, which may call the functions in `calls`."""

    def __init__(self, scope: Construct, id: str, *, definition: Mapping[str, Any], calls: Sequence[Function], key: kms.IKey) -> None:
        super().__init__(scope, id)
        stack = Capability.holding(self)
        self.role = iam.Role(self, "Role", assumed_by=trusted(self, "states.amazonaws.com"))
        grants.deliver_logs_and_traces(self.role)
        if calls:
            grants.allow(self.role, ("lambda:InvokeFunction",), *(f.function.function_arn for f in calls))
        self.logs = logs.LogGroup(self, "Logs", encryption_key=key, retention=stack.log_retention, removal_policy=stack.removal)
        steps = asl.waiting_at_most(stack.settings.policy.longest_wait_seconds, definition)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_string(Stack.of(self).to_json_string(steps)),
            role=fixed(self.role),
            logs=sfn.LogOptions(destination=self.logs, level=sfn.LogLevel.ALL, include_execution_data=False),
            tracing_enabled=True,
        )
        self.machine.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
        if asl.is_apart(definition):
            self._let_run_apart()
        self._alarm_on_failures()

    def _let_run_apart(self) -> None:
        """Allow the machine to run executions of its own for the items of a map, and to carry failed ones on.

        In a policy that comes after the machine, since it names it.
        """
        name = self.machine.state_machine_name
        executions = Stack.of(self).format_arn(
            service="states", resource="execution", resource_name=f"{name}/*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        policy = iam.Policy(self, "RunApart", roles=[self.role])
        policy.add_statements(
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.machine.state_machine_arn]),
            iam.PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"], resources=[executions]
            ),
        )
        acknowledge_resources(policy, executions, "the machine's own executions for the items of a map: Step Functions names them")

    def let_start(self, to: iam.IRole) -> None:
        """Allow a role to start executions."""
        grants.allow(to, ("states:StartExecution",), self.machine.state_machine_arn)

    def _alarm_on_failures(self) -> None:
        for name, metric in (("Failed", self.machine.metric_failed()), ("TimedOut", self.machine.metric_timed_out())):
            metric.with_(period=Duration.minutes(5), statistic="Sum").create_alarm(
                self,
                name,
                threshold=1,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
