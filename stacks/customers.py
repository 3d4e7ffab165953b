"""Customers: who they are, what they allowed and what we know of them, rebuilt from the lake, kept up to date, and told to who asks."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from constructs import Construct

from lambdas import consent_writer, customer_view, profiles_api
from lambdas.customer_view import REBUILT_FROM, SETTLED_FROM
from omnichannel.contracts import zones
from omnichannel.contracts.consent import PREFERENCE_EVENT, REFUSING_EVENTS
from omnichannel.contracts.environment.customers import ConsentWriterEnv, CustomerViewEnv, ProfilesApiEnv
from omnichannel.contracts.events import BUS_SOURCE, DetailType
from omnichannel.contracts.feedback import SUPPRESSING_EVENTS
from omnichannel.contracts.identity import EVENTS_TABLE, LINKS_TABLE
from omnichannel.contracts.store import BY_SEGMENT
from omnichannel.feedback.apply import READS
from omnichannel.recommendations.learned.fit import READS as LEARNED_FROM
from stacks.audiences import SegmentsToCustomers
from stacks.components import asl, grants
from stacks.components.callers import authorizer
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.http_api import HttpApi
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.feedback import Feedback
from stacks.foundation import Foundation
from stacks.learning import Learning
from stacks.settings import Settings
from stacks.transform_jobs import STARTED, TransformJobs

VIEW_TIMEOUT = Duration.minutes(15)
REBUILD_SECONDS = 13 * 3600
"""Two jobs, each with the hours that it may take."""
VIEW_SCHEDULE = "cron(30 3 * * ? *)"
VIEW_DISK_MB = 4096
"""What DuckDB puts aside when its memory is full."""
WRITER_TIMEOUT = Duration.seconds(30)
WRITTEN_AT_ONCE = 10
API_TIMEOUT = Duration.seconds(10)


class View(Construct):
    """The customer view: identity links, customer items and product items, rebuilt from the lake."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.function = self._function(base)
        self.jobs = TransformJobs(self, "Jobs", base)
        self.feedback = Feedback(self, "Feedback", base)
        self.learning = Learning(self, "Learning", base)
        definition = asl.machine("Measure", self._states(), timeout_seconds=REBUILD_SECONDS)
        calls = [self.function, self.jobs.function, self.feedback.function, self.learning.function]
        self.machine = StateMachine(self, "Rebuild", definition=definition, calls=calls, key=base.message_key)
        Schedule(self, "Nightly", expression=VIEW_SCHEDULE, target=self.machine)

    def _states(self) -> asl.States:
        """Small tables: the function does it all. Large ones: it settles identities and writes, and what is made in between is Spark's."""
        settle = {"action": "settle", "as_of": STARTED, "job": self.jobs.job("Sightings")}
        now: dict[str, object] = {"as_of": STARTED}
        profiles = {**now, "job": self.jobs.job("Profiles")}
        rebuild = {"action": "rebuild", **profiles}
        made = (*REBUILT_FROM, *READS, *LEARNED_FROM)
        return {
            **self.jobs.measure((*SETTLED_FROM, *made), large="StartSightings", small="View"),
            "View": asl.invoke(self.function, payload=now, Next="Complete"),
            "Complete": self._complete(now, ""),
            **self.jobs.states("Sightings", SETTLED_FROM, then="Settle"),
            "Settle": asl.invoke(self.function, payload=settle, Next="StartProfiles"),
            **self.jobs.states("Profiles", made, then="Rebuild"),
            "Rebuild": asl.invoke(self.function, payload=rebuild, Next="CompleteOfJob"),
            "CompleteOfJob": self._complete(profiles, "OfJob"),
            # A state of its own: the sandbox's Step Functions evaluates no output of a Parallel state.
            "Counted": asl.make("{% $merge($states.input) %}"),
        }

    def _complete(self, payload: Mapping[str, object], suffix: str) -> asl.State:
        """What comes back of messages and what goes with what, side by side: each writes attributes of its own onto the items."""
        feedback, learn = f"Feedback{suffix}", f"Learn{suffix}"
        branches = (feedback, {feedback: self.feedback.state(payload)}), (learn, {learn: self.learning.state(payload)})
        return asl.parallel(*branches, Next="Counted")

    def _function(self, base: Foundation) -> Function:
        lake = base.buckets.lake
        function = Function(
            self,
            "CustomerView",
            entry=customer_view.handler,
            env=CustomerViewEnv(
                lake_bucket=lake.bucket_name,
                glue_database=base.database,
                customers_table=base.tables.customers.table_name,
                products_table=base.tables.products.table_name,
                sent_table=base.tables.sent.table_name,
                bus_name=base.bus.event_bus_name,
                consent_proof_bucket=base.buckets.consent_proof.bucket_name if base.buckets.consent_proof else "",
            ),
            kind=Kind.VIEW,
            key=base.message_key,
            timeout=VIEW_TIMEOUT,
            memory=4096,
            disk=VIEW_DISK_MB,
        )
        grants.read_objects(function.role, lake, f"{zones.TRUSTED}/", zones.transformed("")[:-1])
        grants.catalog(function.role, base.database, "*")
        # Of the trusted tables it writes its own, and no other.
        grants.write_objects(
            function.role, lake, *(f"{zones.TRUSTED}/{table}/" for table in (LINKS_TABLE, EVENTS_TABLE)), f"{zones.VIEWS}/"
        )
        grants.catalog(function.role, base.database, LINKS_TABLE, EVENTS_TABLE, actions=grants.GLUE_COMMIT)
        reads, writes = ("Scan", "BatchGetItem", "GetItem"), ("BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem")
        grants.items(function.role, base.tables.customers, *reads, *writes)
        grants.items(function.role, base.tables.products, "Scan", "BatchWriteItem")
        # What merged customers heard goes on with their survivors.
        grants.items(function.role, base.tables.sent, "BatchGetItem", "PutItem", "UpdateItem")
        grants.allow(function.role, ("events:PutEvents",), base.bus.event_bus_arn)
        if base.buckets.consent_proof:
            grants.read_objects(function.role, base.buckets.consent_proof, f"{zones.CONSENT_LOG}/")
            grants.write_objects(function.role, base.buckets.consent_proof, f"{zones.CONSENT_LOG}/")
        return function


class LiveConsents(Construct):
    """Consents that live events decide, from the bus onto customers' items."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        queue = Queue(self, "Decided", key=base.message_key, consumer_timeout=WRITER_TIMEOUT)
        function = Function(
            self,
            "ConsentWriter",
            entry=consent_writer.handler,
            env=ConsentWriterEnv(customers_table=base.tables.customers.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=WRITER_TIMEOUT,
        )
        function.consume(queue, batch=WRITTEN_AT_ONCE)
        grants.items(function.role, base.tables.customers, "BatchGetItem", "UpdateItem")
        Rule(
            self,
            "Decision",
            bus=base.bus,
            pattern={
                "source": [BUS_SOURCE],
                "detail-type": [DetailType.OTHER.value],
                "detail": {"name": sorted({PREFERENCE_EVENT, *REFUSING_EVENTS, *SUPPRESSING_EVENTS})},
            },
            target=queue.queue,
        )


class Api(Construct):
    """`GET /profiles/{id}`, `GET /profiles` and `GET /members`, for callers that the knob `api_authorizer` lets in."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        function = Function(
            self,
            "ProfilesApi",
            entry=profiles_api.handler,
            env=ProfilesApiEnv(customers_table=base.tables.customers.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=API_TIMEOUT,
            memory=1024,
        )
        grants.items(function.role, base.tables.customers, "BatchGetItem")
        grants.query_index(function.role, base.tables.customers, BY_SEGMENT)
        self.api = HttpApi(
            self,
            "Api",
            function=function,
            method=apigateway.HttpMethod.GET,
            path="/profiles/{id}",
            more=("/profiles", "/members"),
            key=base.message_key,
            authorizer=authorizer(Capability.holding(self).settings),
            rest=True,
        )


class Customers(Capability):
    """The single customer view."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "customers", "One view of every customer")
        view = View(self, "View", base)
        LiveConsents(self, "LiveConsents", base)
        SegmentsToCustomers(self, "SegmentsToCustomers", base)
        self.tell(view_state_machine=view.machine.machine.state_machine_arn, profiles_url=Api(self, "Api", base).api.url)
