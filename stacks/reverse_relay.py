"""The way back: live segments and decisions from the bus to Segment as traits, after a wait, within a share of its rate."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import segment_relay
from omnichannel.contracts import zones
from omnichannel.contracts.environment.events import SegmentRelayEnv
from omnichannel.contracts.events import DECISIONS_SOURCE, SEGMENTS_SOURCE, DetailType
from omnichannel.contracts.ledger import Flow, Sink
from omnichannel.playbook.experiments import holdout
from stacks.components import grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.components.secret import Secret
from stacks.foundation import Foundation
from stacks.live_knobs import LiveTraits
from stacks.sinks.bridge import EVERY

TIMEOUT = Duration.seconds(90)
AT_ONCE = 100
"""Changes that are read and sent together."""
SIDE_BY_SIDE = 2
"""The least that Lambda takes for a queue's consumers; they share the pace."""
TRIES = 20
"""With waits that grow to a quarter of an hour, Segment may be away for four hours before a change is a dead letter."""


class ReverseRelay(Construct):
    """A queue that holds every change back for the debounce, and the function that then tells what holds."""

    def __init__(self, scope: Construct, id: str, base: Foundation, knobs: LiveTraits, write_key: Secret) -> None:
        super().__init__(scope, id)
        settings, lake = Capability.holding(self).settings, base.buckets.lake
        wait = Duration.seconds(knobs.seconds)
        self.queue = Queue(self, "Changes", key=base.message_key, consumer_timeout=TIMEOUT, tries=TRIES, delay=wait)
        rate = int(settings.segment_events_per_second) * knobs.percent / 100 / SIDE_BY_SIDE
        function = Function(
            self,
            "SegmentRelay",
            entry=segment_relay.handler,
            env=SegmentRelayEnv(
                lake_bucket=lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                sent_table=base.tables.sent.table_name,
                segment_secret=write_key.arn,
                segment_endpoint=settings.segment_url,
                events_per_second=f"{rate:g}",
                holdout=holdout(),
            ),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=TIMEOUT,
        )
        function.consume(self.queue, batch=AT_ONCE, window=Duration.seconds(1), side_by_side=SIDE_BY_SIDE)
        grants.allow(function.role, ("sqs:GetQueueUrl",), self.queue.queue.queue_arn)
        grants.read_secret(function.role, write_key)
        grants.write_objects(function.role, lake, zones.ledger_sink(Flow.LIVE_TRAITS, EVERY, Sink.SEGMENT))
        grants.items(function.role, base.tables.customers, "BatchGetItem")
        grants.items(function.role, base.tables.sent, "BatchGetItem", "PutItem", "UpdateItem")
        changes = {
            "Segment": (SEGMENTS_SOURCE, (DetailType.SEGMENT_ENTERED, DetailType.SEGMENT_LEFT)),
            "Decision": (DECISIONS_SOURCE, (DetailType.DECIDED,)),
        }
        for id_, (source, kinds) in changes.items():
            pattern = {"source": [source], "detail-type": [kind.value for kind in kinds]}
            Rule(self, id_, bus=base.bus, pattern=pattern, target=self.queue.queue)
