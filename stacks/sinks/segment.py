"""Sink `segment`: traits to Twilio Segment, one audience part a call."""

from constructs import Construct

from lambdas import segment_bridge
from omnichannel.contracts.environment import SegmentBridgeEnv
from omnichannel.contracts.ledger import Sink
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.secret import Secret
from stacks.foundation import Foundation
from stacks.sinks.bridge import AGAIN, NOT_DELIVERED, PART, bridge


class Segment(Construct):
    """Traits to Segment, one audience part a call."""

    sink = Sink.SEGMENT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        settings = scope.settings
        self.secret = Secret(
            self,
            "WriteKey",
            key=base.data_key,
            description="The write key of the Segment source, as text or as JSON under write_key",
            not_rotated_because="Segment issues the key; who changes it there puts the new one here",
        )
        self.function = bridge(
            self,
            "SegmentBridge",
            base,
            entry=segment_bridge.handler,
            env=SegmentBridgeEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                sent_table=base.tables.sent.table_name,
                segment_secret=self.secret.arn,
                segment_endpoint=settings.segment_url,
                events_per_second=settings.segment_events_per_second,
            ),
        )
        grants.read_secret(self.function.role, self.secret)
        self.functions = [self.function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Every part to Segment, one after the other: the rate is Segment's, not ours."""
        deliver = asl.invoke(self.function, Catch=asl.catch("SegmentPartNotSent", output=NOT_DELIVERED), Next="SegmentPartSent")
        deliver["Retry"] = AGAIN + deliver["Retry"]
        states = {"SendPart": deliver, "SegmentPartSent": {"Type": "Succeed"}, "SegmentPartNotSent": {"Type": "Succeed"}}
        return "ToSegment", {"ToSegment": asl.each("{% $states.input.parts %}", "SendPart", states, at_once=1, selector=PART)}
