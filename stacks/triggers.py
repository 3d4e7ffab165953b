"""Triggers: live events -> windows -> who enters and leaves a segment -> the next best action decided anew."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambdas import redecide, segment_timer, segment_windows
from omnichannel.contracts.environment.base import Env
from omnichannel.contracts.environment.events import RedecideEnv, SegmentTimerEnv, SegmentWindowsEnv
from omnichannel.contracts.events import BUS_SOURCE, IDENTITY_SOURCE, SEGMENTS_SOURCE, DetailType, EventName
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.triggers import Triggers, load
from stacks.components import grants
from stacks.components.capability import Capability
from stacks.components.function import Function, Handler
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.components.trust import trusted
from stacks.decisions import read_customers
from stacks.foundation import Foundation
from stacks.settings import SettingsError

TIMEOUT = Duration.seconds(30)
AT_ONCE = 50
WINDOW = Duration.seconds(1)
REDECIDE_TIMEOUT = Duration.seconds(60)
REDECIDED_AT_ONCE = 10


def checked(folder: Path = FOLDER) -> Triggers:
    """What the playbook says of triggers; raises `SettingsError` with the place that cannot be meant."""
    try:
        return load(folder)
    except UnusablePlaybook as wrong:
        raise SettingsError(str(wrong)) from wrong


class Timers(Construct):
    """One-shot schedules in a group of their own, which goes with them when the stack does; they end in a queue."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.queue = Queue(self, "Due", key=base.message_key, consumer_timeout=TIMEOUT)
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        self.role = iam.Role(self, "Role", assumed_by=trusted(self, "scheduler.amazonaws.com"))
        grants.send(self.role, self.queue.queue)

    def let_set(self, function: Function) -> None:
        """Lets a function set timers."""
        schedules = Capability.holding(self).format_arn(service="scheduler", resource="schedule", resource_name=f"{self.group.ref}/*")
        reason = "a one-shot schedule a window, in the group of these timers alone"
        grants.named(function.role, ("scheduler:CreateSchedule",), schedules, reason=reason)
        grants.pass_role(function.role, self.role, "scheduler.amazonaws.com")


class Windows(Construct):
    """From the bus and from timers into the table of windows, and what changes there onto customers' items and onto the bus."""

    def __init__(self, scope: Construct, id: str, base: Foundation, triggers: Triggers) -> None:
        super().__init__(scope, id)
        self._base, self.timers = base, Timers(self, "Timers", base)
        queue = Queue(self, "Events", key=base.message_key, consumer_timeout=TIMEOUT)
        names = {
            "customers_table": base.tables.customers.table_name, "products_table": base.tables.products.table_name,
            "windows_table": base.tables.windows.table_name, "bus_name": base.bus.event_bus_name,
            "trigger_time_scale": Capability.holding(self).settings.trigger_time_scale, "timer_group": self.timers.group.ref,
            "timer_role_arn": self.timers.role.role_arn, "timer_queue_arn": self.timers.queue.queue.queue_arn,
        }  # fmt: skip
        self._function("SegmentWindows", segment_windows.handler, SegmentWindowsEnv(**names)).consume(queue, batch=AT_ONCE, window=WINDOW)
        self._function("SegmentTimer", segment_timer.handler, SegmentTimerEnv(**names)).consume(self.timers.queue, batch=10)
        _rule(self, "Interaction", base, queue.queue, BUS_SOURCE, [DetailType.INTERACTION], {"name": sorted(triggers.names)})
        # What two customers did who are one is joined.
        _rule(self, "Merge", base, queue.queue, IDENTITY_SOURCE, [DetailType.MERGED])

    def _function(self, id: str, entry: Handler, env: Env) -> Function:
        base = self._base
        function = Function(self, id, entry=entry, env=env, kind=Kind.DECIDE, key=base.message_key, timeout=TIMEOUT)
        grants.items(function.role, base.tables.customers, "BatchGetItem", "UpdateItem")
        grants.items(function.role, base.tables.products, "BatchGetItem")
        grants.items(function.role, base.tables.windows, "BatchGetItem", "PutItem", "DeleteItem", "ConditionCheckItem")
        grants.allow(function.role, ("events:PutEvents",), base.bus.event_bus_arn)
        self.timers.let_set(function)
        return function


class Redecide(Construct):
    """Changes of live segments, and purchases, from the bus to a decision."""

    def __init__(self, scope: Construct, id: str, base: Foundation, score: Function) -> None:
        super().__init__(scope, id)
        tables = base.tables
        queue = Queue(self, "Changes", key=base.message_key, consumer_timeout=REDECIDE_TIMEOUT)
        function = Function(
            self,
            "Redecide",
            entry=redecide.handler,
            env=RedecideEnv(
                customers_table=tables.customers.table_name, products_table=tables.products.table_name,
                sent_table=tables.sent.table_name, bus_name=base.bus.event_bus_name, score_function=score.function.function_name,
            ),
            kind=Kind.DECIDE,
            key=base.message_key,
            timeout=REDECIDE_TIMEOUT,
            memory=1024,
        )  # fmt: skip
        function.consume(queue, batch=REDECIDED_AT_ONCE)
        read_customers(function, base)
        grants.items(function.role, tables.customers, "UpdateItem")
        grants.allow(function.role, ("events:PutEvents",), base.bus.event_bus_arn)
        grants.allow(function.role, ("lambda:InvokeFunction",), score.function.function_arn)
        _rule(self, "Segment", base, queue.queue, SEGMENTS_SOURCE, [DetailType.SEGMENT_ENTERED, DetailType.SEGMENT_LEFT])
        bought = {"name": [EventName.ORDER_COMPLETED.value]}
        _rule(self, "Purchase", base, queue.queue, BUS_SOURCE, [DetailType.INTERACTION], bought)


class LiveSegments(Construct):
    """The playbook's triggers, at work; `score` is the function that scores one customer on demand."""

    def __init__(self, scope: Construct, id: str, base: Foundation, score: Function) -> None:
        super().__init__(scope, id)
        Windows(self, "Windows", base, checked())
        Redecide(self, "Redecide", base, score)


def _rule(
    scope: Construct, id: str, base: Foundation, queue: sqs.Queue, source: str, kinds: list[DetailType],
    detail: dict[str, list[str]] | None = None,
) -> None:  # fmt: skip
    pattern: dict[str, object] = {"source": [source], "detail-type": [kind.value for kind in kinds]}
    Rule(scope, id, bus=base.bus, pattern={**pattern, "detail": detail} if detail else pattern, target=queue)
