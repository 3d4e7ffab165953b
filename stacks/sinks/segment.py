"""Sink `segment`: traits to Twilio Segment over its API, or as files for its source that reads them from S3."""

from collections.abc import Mapping

from constructs import Construct

from lambdas import segment_bridge, segment_files
from omnichannel.contracts import zones
from omnichannel.contracts.environment.sinks import SegmentBridgeEnv, SegmentFilesEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.playbook.experiments import holdout
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.secret import Secret
from stacks.foundation import Foundation
from stacks.settings import Settings
from stacks.sinks.bridge import AGAIN, DONE, EVERY, NOT_DELIVERED, bridge

_ASKED = "{'run': $states.context.Execution.Input.run, 'as_of': $states.context.Execution.Input.as_of, 'part': $, 'offset': 0}"
PARTS = f"{{% [$states.input.parts.{_ASKED}] %}}"
"""The parts as a list (of one, too) of what the function is asked."""


class Segment(Construct):
    """Traits to Segment: each part in an execution of its own, which goes on from where the function's time was over."""

    sink = Sink.SEGMENT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        settings = scope.settings
        self.at_once = int(settings.segment_parallel)
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
            sink=self.sink,
            entry=segment_bridge.handler,
            env=SegmentBridgeEnv(
                **_common(base),
                segment_secret=self.secret.arn,
                segment_endpoint=settings.segment_url,
                events_per_second=f"{_rate(settings) / self.at_once:g}",
                live="on" if settings.live_traits else "off",
            ),
        )
        grants.read_secret(self.function.role, self.secret)
        # The pace that the run keeps from its first 429 on.
        grants.read_objects(self.function.role, base.buckets.lake, zones.segment_pace(EVERY))
        grants.write_objects(self.function.role, base.buckets.lake, zones.segment_pace(EVERY))
        self.functions = [self.function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Every part to Segment, by default one after the other: the rate is Segment's, not ours."""
        return _apart(self.function, at_once=self.at_once)


class SegmentFiles(Construct):
    """Traits as `identify_*.csv`, decisions as `track_*.csv`."""

    sink = Sink.SEGMENT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.function = bridge(
            self, "SegmentFiles", base, sink=self.sink, entry=segment_files.handler, env=SegmentFilesEnv(**_common(base))
        )
        grants.write_objects(self.function.role, base.buckets.lake, zones.segment_files(EVERY))
        self.functions = [self.function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Two files for every part."""
        return _apart(self.function, at_once=1)


def _rate(settings: Settings) -> float:
    """Events a second of the workspace's that runs may send: all, less the share of live changes."""
    live = settings.live_traits.percent if settings.live_traits else 0
    return int(settings.segment_events_per_second) * (100 - live) / 100


def _common(base: Foundation) -> Mapping[str, str]:
    tables = {"customers_table": base.tables.customers.table_name, "sent_table": base.tables.sent.table_name}
    return {"lake_bucket": base.buckets.lake.bucket_name, **tables, "holdout": holdout()}


def _apart(function: Function, *, at_once: int) -> tuple[str, asl.States]:
    """A part that is not done yet is asked for again, with the offset that the function answered.

    What the executions answer is as little as can be: all of it together is the map's result, which has a limit.
    """
    send = asl.invoke(function, Catch=asl.catch("SegmentPartNotSent", output=NOT_DELIVERED), Next="SegmentPartDone?")
    send["Retry"] = AGAIN + send["Retry"]
    states = {
        "SendPart": send,
        "SegmentPartDone?": asl.choice(("$states.input.done", "SegmentPartSent"), otherwise="SendPart"),
        "SegmentPartSent": asl.succeed(DONE),
        "SegmentPartNotSent": {"Type": "Succeed"},
    }
    return "SegmentParts", {
        "SegmentParts": asl.make(PARTS, Next="ToSegment"),
        "ToSegment": asl.each_apart("SendPart", states, at_once=at_once, label="SegmentPart"),
    }
