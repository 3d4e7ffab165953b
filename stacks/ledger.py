"""What follows an activation's deliveries: its account onto the landing zone; and the replay of what could not be delivered."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import land_run, replay_run
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import OWN
from omnichannel.contracts.environment.activation import LandRunEnv, ReplayRunEnv
from stacks.components import asl, grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.foundation import Foundation
from stacks.sinks.bridge import DONE, NOT_DELIVERED, PART, RUN, Fed

TIMEOUT = Duration.minutes(15)
LANDED_AT_ONCE = 4
REPLAY = "$states.context.Execution.Input.replay"
"""The number of the replay that an execution is; none when it is a run's first."""


class Account(Construct):
    """The log of a run, its decisions and arms, part by part; `states` begin with `start`."""

    start = "Parts"

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake, landing = base.buckets.lake, base.buckets.landing
        self.function = Function(
            self,
            "LandRun",
            entry=land_run.handler,
            env=LandRunEnv(lake_bucket=lake.bucket_name, landing_bucket=landing.bucket_name, sent_table=base.tables.sent.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=1024,
        )
        grants.read_objects(self.function.role, lake, f"{zones.ACTIVATION}/", f"{zones.LEDGER}/")
        grants.list_objects(self.function.role, landing)
        grants.write_objects(self.function.role, landing, *(prefix for dataset in OWN for prefix in dataset.prefixes))
        grants.items(self.function.role, base.tables.sent, "BatchGetItem", "BatchWriteItem")

    def states(self, *, then: str) -> asl.States:
        """A part that does not land stops no other: the function's alarm tells, and a replay lands what is missing."""
        land = asl.invoke(self.function, Catch=asl.catch("PartNotLanded", output=NOT_DELIVERED), Next="PartLanded")
        parts = {"LandPart": land, "PartLanded": asl.succeed(DONE), "PartNotLanded": {"Type": "Succeed"}}
        return {
            "Parts": asl.invoke(self.function, payload=RUN, Next="Land"),
            "Land": asl.each("{% $states.input.parts %}", "LandPart", parts, at_once=LANDED_AT_ONCE, selector=PART, Output=DONE, Next=then),
        }


class Replay(Construct):
    """The first states: a replay begins with what had failed, everything else with its review."""

    start = "Replay?"

    def __init__(self, scope: Construct, id: str, base: Foundation, sinks: list[Fed]) -> None:
        super().__init__(scope, id)
        lake, reviews = base.buckets.lake, base.tables.reviews
        self.sinks = [sink.sink.value for sink in sinks]
        self.function = Function(
            self,
            "ReplayRun",
            entry=replay_run.handler,
            env=ReplayRunEnv(lake_bucket=lake.bucket_name, reviews_table=reviews.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=1024,
        )
        grants.read_objects(self.function.role, lake, f"{zones.ACTIVATION}/", f"{zones.LEDGER}/")
        grants.write_objects(self.function.role, lake, f"{zones.ACTIVATION}/", f"{zones.LEDGER}/")
        grants.items(self.function.role, reviews, "GetItem", "Scan")

    def states(self, *, then: str, otherwise: str) -> asl.States:
        """On to the sinks with what each of them is to try again."""
        asked = {**RUN, "replay": f"{{% {REPLAY} %}}", "sinks": self.sinks}
        return {
            "Replay?": asl.choice((f"$exists({REPLAY})", "Replay"), otherwise=otherwise),
            "Replay": asl.invoke(self.function, payload=asked, Next=then),
        }


def own_parts(sink: Fed) -> tuple[str, asl.States]:
    """A sink's branch: in a replay with parts of its own."""
    start, states = sink.branch
    name = f"PartsOf{sink.sink.value.capitalize()}"
    replayed = f"{{'parts': $states.input.replays.{sink.sink.value}}}"
    output = f"{{% $merge([$states.input, $exists($states.input.replays) ? {replayed} : {{}}]) %}}"
    return name, {name: {"Type": "Pass", "Output": output, "Next": start}, **states}
