"""The two doors beside the webhook, each by knob: Segment's Lambda destination, and its EventBridge source."""

import json

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas import event_destination, event_source
from omnichannel.contracts.environment.base import Env
from omnichannel.contracts.environment.events import EventDestinationEnv, EventSourceEnv
from omnichannel.playbook.interactions import forwarded
from omnichannel.realtime.door import ENTRIES_PER_CALL
from stacks.components import grants
from stacks.components.function import Function, Handler
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.foundation import Foundation

SEGMENTS_ROLE = "arn:aws:iam::595280932656:role/customer-lambda-prod-destination-access"
"""Who invokes functions for Segment's AWS Lambda destination, by its documentation."""
DESTINATION_TIMEOUT = Duration.seconds(5)
"""Segment waits no longer."""
SOURCE_TIMEOUT = Duration.seconds(30)


class Destination(Construct):
    """A function that Segment invokes with one event, through a role of one workspace that can do nothing else."""

    def __init__(self, scope: Construct, id: str, base: Foundation, *, external_id: str) -> None:
        super().__init__(scope, id)
        env = EventDestinationEnv(bus_name=base.bus.event_bus_name, forwarded=json.dumps(forwarded()))
        self.function = _inlet(self, "EventDestination", base, event_destination.handler, env, DESTINATION_TIMEOUT)
        segment = iam.ArnPrincipal(SEGMENTS_ROLE).with_conditions({"StringEquals": {"sts:ExternalId": external_id}})
        self.role = iam.Role(self, "Role", assumed_by=segment, description="Segment's AWS Lambda destination invokes the function")
        grants.allow(self.role, ("lambda:InvokeFunction",), self.function.function.function_arn)


class PartnerSource(Construct):
    """Segment's bus in this account, a rule for the events that somebody acts on, and a queue before the function that makes them ours."""

    def __init__(self, scope: Construct, id: str, base: Foundation, *, name: str) -> None:
        super().__init__(scope, id)
        bus = events.EventBus(self, "Bus", event_source_name=name)
        self.queue = Queue(self, "Messages", key=base.message_key, consumer_timeout=SOURCE_TIMEOUT)
        env = EventSourceEnv(bus_name=base.bus.event_bus_name, forwarded=json.dumps(forwarded()))
        function = _inlet(self, "EventSource", base, event_source.handler, env, SOURCE_TIMEOUT)
        function.consume(self.queue, batch=ENTRIES_PER_CALL)
        pattern = {"source": [name], "detail": {"type": ["track"], "event": list(forwarded())}}
        Rule(self, "Wanted", bus=bus, pattern=pattern, target=self.queue.queue)


def _inlet(scope: Construct, id: str, base: Foundation, entry: Handler, env: Env, timeout: Duration) -> Function:
    function = Function(scope, id, entry=entry, env=env, kind=Kind.LIGHT, key=base.message_key, timeout=timeout, memory=1024)
    grants.allow(function.role, ("events:PutEvents",), base.bus.event_bus_arn)
    return function
