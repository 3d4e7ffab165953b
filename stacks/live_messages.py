"""Live messages: decisions from the bus to the messaging sink, a customer at a time, with an account like a run's."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import live_messenger
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import OWN
from omnichannel.contracts.environment.sinks import LiveMessengerEnv
from omnichannel.contracts.events import DECISIONS_SOURCE, DetailType
from omnichannel.contracts.ledger import LIVE, Sink
from stacks.components import grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.foundation import Foundation
from stacks.sinks.bridge import EVERY, message_env

TIMEOUT = Duration.seconds(60)
AT_ONCE = 10


class LiveMessages(Construct):
    """`target` is the domain of Customer Profiles, or Pinpoint's application; empty for files. The sink lets `function` in."""

    def __init__(self, scope: Construct, id: str, base: Foundation, *, sink: Sink, target: str = "") -> None:
        super().__init__(scope, id)
        queue = Queue(self, "Decided", key=base.message_key, consumer_timeout=TIMEOUT)
        env = LiveMessengerEnv(**message_env(base), landing_bucket=base.buckets.landing.bucket_name, sink=sink.value, target=target)
        self.function = Function(
            self, "LiveMessenger", entry=live_messenger.handler, env=env, kind=Kind.DECIDE, key=base.message_key, timeout=TIMEOUT,
            memory=1024,
        )  # fmt: skip
        self.function.consume(queue, batch=AT_ONCE)
        self._let_read_and_write(base, sink)
        # Also what an experiment refused: both of its arms belong into the log of decisions.
        pattern = {"source": [DECISIONS_SOURCE], "detail-type": [DetailType.DECIDED.value]}
        Rule(self, "Told", bus=base.bus, pattern=pattern, target=queue.queue)

    def _let_read_and_write(self, base: Foundation, sink: Sink) -> None:
        role, buckets, tables = self.function.role, base.buckets, base.tables
        ours = f"{zones.ACTIVATION}/run={LIVE}", zones.ledger_sink(sink.flow, f"{LIVE}{EVERY}", sink)
        grants.read_objects(role, buckets.lake, *ours)
        grants.write_objects(role, buckets.lake, *ours)
        grants.list_objects(role, buckets.landing)
        grants.write_objects(role, buckets.landing, *(prefix for dataset in OWN for prefix in dataset.prefixes))
        grants.items(role, tables.customers, "BatchGetItem")
        grants.items(role, tables.products, "BatchGetItem")
        grants.items(role, tables.sent, "BatchGetItem", "PutItem", "UpdateItem", "BatchWriteItem")
