"""Decisions: the next best action of everyone in an activation's audience, and of one customer for who asks."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from constructs import Construct

from lambdas import decide_audience, decisions_api
from omnichannel.campaigns import check as campaigns
from omnichannel.contracts import zones
from omnichannel.contracts.environment.activation import DecideAudienceEnv, DecisionsApiEnv
from omnichannel.playbook import live
from omnichannel.playbook.actions import load
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from stacks.components import asl, grants
from stacks.components.callers import authorizer
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.http_api import HttpApi
from stacks.components.packages import Kind
from stacks.foundation import Foundation
from stacks.settings import SettingsError
from stacks.sinks.bridge import PART, RUN

TIMEOUT = Duration.minutes(14)
AT_ONCE = 4
"""Parts decided side by side: reading their customers' items is what takes the time."""
API_TIMEOUT = Duration.seconds(29)
"""HTTP APIs wait 30 s; a fresh score may have to load a model."""


def checked(folder: Path = FOLDER) -> Playbook:
    """What the playbook says of actions, experiments and campaigns; raises `SettingsError` with the place that cannot be meant."""
    try:
        campaigns.check(folder)
        found = load(folder)
        live.check(found, folder)
    except UnusablePlaybook as wrong:
        raise SettingsError(str(wrong)) from wrong
    return found


class Deciding(Construct):
    """Between audience and sinks: `states` go from `start` to `then`, whose input names the decided parts."""

    start = "Decide"

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        checked()
        lake, tables = base.buckets.lake, base.tables
        self.function = Function(
            self,
            "DecideAudience",
            entry=decide_audience.handler,
            env=DecideAudienceEnv(
                lake_bucket=lake.bucket_name,
                customers_table=tables.customers.table_name,
                products_table=tables.products.table_name,
                sent_table=tables.sent.table_name,
            ),
            kind=Kind.DECIDE,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=2048,
        )
        grants.read_objects(self.function.role, lake, f"{zones.ACTIVATION}/")
        grants.write_objects(self.function.role, lake, f"{zones.ACTIVATION}/")
        read_customers(self.function, base)

    def states(self, *, then: str) -> dict[str, asl.State]:
        """Every part; without all decisions nothing is sent."""
        one = asl.invoke(self.function, output="{% $states.result.Payload.part %}")
        output = {**RUN, "customers": "{% $states.input.customers %}", "parts": "{% $states.result %}"}
        parts = "{% $states.input.parts %}"
        return {self.start: asl.each(parts, "DecidePart", {"DecidePart": one}, at_once=AT_ONCE, selector=PART, Output=output, Next=then)}


class DecisionsApi(Construct):
    """`POST /decisions`, for callers that the knob `api_authorizer` lets in; `score` is the function that scores one customer on demand."""

    def __init__(self, scope: Construct, id: str, base: Foundation, score: Function | None = None) -> None:
        super().__init__(scope, id)
        tables = base.tables
        self.function = Function(
            self,
            "DecisionsApi",
            entry=decisions_api.handler,
            env=DecisionsApiEnv(
                customers_table=tables.customers.table_name,
                products_table=tables.products.table_name,
                sent_table=tables.sent.table_name,
                score_function=score.function.function_name if score else "",
            ),
            kind=Kind.DECIDE,
            key=base.message_key,
            timeout=API_TIMEOUT,
            memory=1024,
        )
        read_customers(self.function, base)
        if score:
            grants.allow(self.function.role, ("lambda:InvokeFunction",), score.function.function_arn)
        self.api = HttpApi(
            self,
            "Api",
            function=self.function,
            method=apigateway.HttpMethod.POST,
            path="/decisions",
            key=base.message_key,
            authorizer=authorizer(Capability.holding(self).settings),
            rest=True,
        )


def read_customers(function: Function, base: Foundation) -> None:
    """Customers' items, their contacts, and products: read in batches, nothing written."""
    for table in (base.tables.customers, base.tables.products, base.tables.sent):
        grants.items(function.role, table, "BatchGetItem")
