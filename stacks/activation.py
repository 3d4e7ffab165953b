"""Activation: a finished score run -> review -> audience -> Segment and the messaging channel -> a ledger that closes."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import activation_starter, audience, close_ledger, score_writer
from omnichannel.contracts import zones
from omnichannel.contracts.environment.activation import ActivationStarterEnv, AudienceEnv, CloseLedgerEnv, ScoreWriterEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reviews import WAIT_SECONDS
from stacks.campaigns import CampaignLists
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.components.state_machine import StateMachine
from stacks.decisions import Deciding, DecisionsApi
from stacks.foundation import Foundation
from stacks.ledger import Account, Replay, own_parts
from stacks.live_messages import LiveMessages
from stacks.review import Decisions, Review
from stacks.settings import Settings
from stacks.sinks.bridge import BRIDGE_TIMEOUT, DONE, NOT_DELIVERED, PART, RUN, Fed
from stacks.sinks.connect import Connect
from stacks.sinks.files import Files
from stacks.sinks.pinpoint import Pinpoint
from stacks.sinks.segment import Segment, SegmentFiles

STARTER_TIMEOUT = Duration.seconds(60)
STARTER_TRIES = 60
"""A manifest waits for those of the other models in its queue, six minutes a try: six hours, with an alarm after the first."""
DAY_SECONDS = 24 * 3600
SEGMENTS_SECONDS = 1800
"""Segments of a date are made right after its scores; where they do not come, those there are go along."""
ASKED = "{% $states.context.Execution.Input %}"
"""Which score runs; what a state says in between is not about them."""


class Scores(Construct):
    """The scores of a run onto customers' items, beside the sinks."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake = base.buckets.lake
        self.function = Function(
            self,
            "ScoreWriter",
            entry=score_writer.handler,
            env=ScoreWriterEnv(lake_bucket=lake.bucket_name, customers_table=base.tables.customers.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=BRIDGE_TIMEOUT,
            memory=1024,
        )
        grants.read_objects(self.function.role, lake, f"{zones.ACTIVATION}/")
        grants.items(self.function.role, base.tables.customers, "BatchGetItem", "UpdateItem")

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Every part; one that fails is told by the function's alarm, and the next run's scores make it good."""
        write = asl.invoke(self.function, Catch=asl.catch("ScoresNotWritten", output=NOT_DELIVERED), Next="ScoresWritten")
        states = {"WriteScores": write, "ScoresWritten": asl.succeed(DONE), "ScoresNotWritten": {"Type": "Succeed"}}
        return "ToCustomers", {
            "ToCustomers": asl.each("{% $states.input.parts %}", "WriteScores", states, at_once=1, selector=PART, Output=DONE)
        }


class Run(Construct):
    """One activation run: review, audience, decisions, sinks side by side, ledger."""

    def __init__(self, scope: Construct, id: str, base: Foundation, sinks: list[Fed]) -> None:
        super().__init__(scope, id)
        audience_function, ledger, scores = self._audience(base), self._ledger(base), Scores(self, "Scores", base)
        review, deciding = Review(self, "Review", base), Deciding(self, "Deciding", base)
        lists = CampaignLists(self, "Campaigns", base)
        account, replay = Account(self, "Account", base), Replay(self, "Replay", base, sinks)
        definition = asl.machine(
            Replay.start,
            {
                **review.states(then="Audience"),
                "Audience": asl.invoke(audience_function, payload=ASKED, Next="SegmentsThere?"),
                "SegmentsThere?": asl.choice(("$exists($states.input.waiting)", "AwaitSegments"), otherwise=Deciding.start),
                "AwaitSegments": asl.wait(then="Audience"),
                **deciding.states(then="Deliver"),
                **replay.states(then="Deliver", otherwise=Review.start),
                "Deliver": asl.parallel(*(own_parts(sink) for sink in sinks), scores.branch, lists.branch, Next=account.start),
                **account.states(then="CloseLedger"),
                "CloseLedger": asl.invoke(ledger, payload={**RUN, "sinks": [sink.sink.value for sink in sinks]}),
            },
            timeout_seconds=WAIT_SECONDS + DAY_SECONDS,
        )
        functions = [
            *review.functions,
            audience_function,
            deciding.function,
            ledger,
            scores.function,
            lists.function,
            account.function,
            replay.function,
            *(f for sink in sinks for f in sink.functions),
        ]
        self.machine = StateMachine(self, "Activate", definition=definition, calls=functions, key=base.message_key)

    def _audience(self, base: Foundation) -> Function:
        lake = base.buckets.lake
        function = Function(
            self,
            "Audience",
            entry=audience.handler,
            env=AudienceEnv(
                lake_bucket=lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                part_size=Capability.holding(self).settings.audience_part_size,
                segments_seconds=str(SEGMENTS_SECONDS),
            ),
            kind=Kind.COMMIT,
            key=base.message_key,
            timeout=Duration.minutes(15),
            memory=6144,
        )
        grants.read_objects(function.role, lake, f"{zones.SCORES}/", f"{zones.SEGMENTS}/")
        grants.write_objects(function.role, lake, f"{zones.ACTIVATION}/")
        grants.items(function.role, base.tables.customers, "Scan")
        return function

    def _ledger(self, base: Foundation) -> Function:
        lake = base.buckets.lake
        function = Function(
            self,
            "CloseLedger",
            entry=close_ledger.handler,
            env=CloseLedgerEnv(lake_bucket=lake.bucket_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.minutes(5),
            memory=1024,
        )
        grants.read_objects(function.role, lake, f"{zones.ACTIVATION}/", f"{zones.LEDGER}/")
        grants.write_objects(function.role, lake, f"{zones.LEDGER}/")
        return function


class Start(Construct):
    """A manifest is the last object of a score run: its arrival may start an activation."""

    def __init__(self, scope: Construct, id: str, base: Foundation, machine: StateMachine) -> None:
        super().__init__(scope, id)
        lake = base.buckets.lake
        queue = Queue(self, "Manifests", key=base.message_key, consumer_timeout=STARTER_TIMEOUT, tries=STARTER_TRIES)
        starter = Function(
            self,
            "ActivationStarter",
            entry=activation_starter.handler,
            env=ActivationStarterEnv(lake_bucket=lake.bucket_name, state_machine_arn=machine.machine.state_machine_arn),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=STARTER_TIMEOUT,
        )
        starter.consume(queue, batch=10)
        grants.list_objects(starter.role, lake)
        machine.let_start(starter.role)
        Rule(
            self,
            "ManifestWritten",
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [lake.bucket_name]}, "object": {"key": [{"wildcard": f"{zones.SCORES}/*/{zones.MANIFEST}"}]}},
            },
            target=queue.queue,
        )


class Activation(Capability):
    """From score runs to the sinks."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation, score: Function | None = None) -> None:
        super().__init__(scope, settings, "activation", "Score runs become traits in Segment and audiences in the messaging channel")
        sinks: list[Fed] = []
        self.pinpoint: Pinpoint | None = None
        self.connect: Connect | None = None
        self.segment: Segment | None = None
        if settings.segment_on and settings.segment_sink == "files":
            sinks.append(SegmentFiles(self, "SegmentFiles", base))
        elif settings.segment_on:
            self.segment = Segment(self, "Segment", base)
            self.tell(segment_secret=self.segment.secret.arn)
            sinks.append(self.segment)
        if settings.pinpoint_on:
            self.pinpoint = Pinpoint(self, "Pinpoint", base)
            self.tell(pinpoint_application=self.pinpoint.application.ref)
            sinks.append(self.pinpoint)
        elif settings.connect_on:
            self.connect = Connect(self, "Connect", base)
            self.tell(profiles_domain=self.connect.domain.name)
            sinks.append(self.connect)
        else:
            sinks.append(Files(self, "Files", base))
        self._live_messages(base)
        run = Run(self, "Run", base, sinks)
        Start(self, "Start", base, run.machine)
        self.tell(activation_state_machine=run.machine.machine.state_machine_arn, reviews_url=Decisions(self, "Decisions", base).api.url)
        self.tell(decisions_url=DecisionsApi(self, "NextActions", base, score).api.url)

    def _live_messages(self, base: Foundation) -> None:
        """To the same sink as runs."""
        if self.pinpoint:
            live = LiveMessages(self, "LiveMessages", base, sink=Sink.PINPOINT, target=self.pinpoint.application.ref)
            self.pinpoint.let_update(live.function)
        elif self.connect:
            live = LiveMessages(self, "LiveMessages", base, sink=Sink.CONNECT, target=self.connect.domain.name)
            self.connect.let_put(live.function)
        else:
            LiveMessages(self, "LiveMessages", base, sink=Sink.FILE)
