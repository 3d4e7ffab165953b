"""Schedules: EventBridge Scheduler starts a state machine, if the environment's schedules are on."""

import json
from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components import grants
from stacks.components.capability import Capability
from stacks.components.state_machine import StateMachine
from stacks.components.trust import trusted

TRIES = 3
OLDEST_SECONDS = 3600


class Schedule(Construct):
    """Starts `target` at `expression` (UTC) with `input`, from a role that may do just that.

    A start that failed every try is put on `dead_letters`, where there is such a queue.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        expression: str,
        target: StateMachine,
        input: Mapping[str, object] | None = None,
        dead_letters: sqs.Queue | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(self, "Role", assumed_by=trusted(self, "scheduler.amazonaws.com"))
        target.let_start(self.role)
        if dead_letters:
            grants.send(self.role, dead_letters)
        scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            state="ENABLED" if Capability.holding(self).settings.schedules_on else "DISABLED",
            target=scheduler.CfnSchedule.TargetProperty(
                arn=target.machine.state_machine_arn,
                role_arn=self.role.role_arn,
                input=json.dumps(dict(input or {})),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn) if dead_letters else None,
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=OLDEST_SECONDS, maximum_retry_attempts=TRIES
                ),
            ),
        )
