"""Recommendations: Amazon Personalize's dataset group and life cycle (by knob), and an API that never goes dark."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from constructs import Construct

from lambdas import recommendations_api
from omnichannel.contracts.environment.recommendations import RecommendationsApiEnv
from omnichannel.contracts.recommendations import Placement, own_arn
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.promotions import Promotion, load
from omnichannel.recommendations.asking import Asking, to_json
from omnichannel.recommendations.lifecycle.asked import asked
from stacks import personalize
from stacks.components import grants
from stacks.components.callers import authorizer
from stacks.components.capability import Capability
from stacks.components.edge import Edge
from stacks.components.function import Function
from stacks.components.http_api import HttpApi
from stacks.components.packages import Kind
from stacks.foundation import Foundation
from stacks.personalize import Group, LifeCycle, of_group
from stacks.personalize_put import Changes
from stacks.settings import Settings, SettingsError

API_TIMEOUT = Duration.seconds(10)


def checked(folder: Path = FOLDER) -> tuple[Promotion, ...]:
    """The playbook's promotions; raises `SettingsError` with the place that cannot be meant."""
    try:
        return load(folder)
    except UnusablePlaybook as wrong:
        raise SettingsError(str(wrong)) from wrong


class Api(Construct):
    """`GET /recommendations/{placement}`, for callers that the knob `api_authorizer` lets in."""

    def __init__(self, scope: Construct, id: str, base: Foundation, group: Group | None) -> None:
        super().__init__(scope, id)
        checked()
        asking = asked(personalize.checked()) if group else {}
        function = Function(
            self,
            "RecommendationsApi",
            entry=recommendations_api.handler,
            env=RecommendationsApiEnv(
                products_table=base.tables.products.table_name,
                customers_table=base.tables.customers.table_name,
                dataset_group_arn=group.group.attr_dataset_group_arn if group else "",
                personalize_asks=to_json(asking),
            ),
            # The playbook is read with it.
            kind=Kind.DECIDE,
            key=base.message_key,
            timeout=API_TIMEOUT,
            memory=1024,
        )
        grants.items(function.role, base.tables.customers, "BatchGetItem")
        # Scanned only while nothing of any list is in stock.
        grants.items(function.role, base.tables.products, "BatchGetItem", "Scan")
        if group:
            self._may_ask(function, group, asking)
        self.api = HttpApi(
            self,
            "Api",
            function=function,
            method=apigateway.HttpMethod.GET,
            path="/recommendations/{placement}",
            key=base.message_key,
            authorizer=authorizer(Capability.holding(self).settings),
            rest=True,
        )
        settings = Capability.holding(self).settings
        knob, rate = settings.edge, int(settings.api_rate)
        self.edge = Edge(self, "Edge", api=self.api.api, knob=knob, rate=rate, key=base.message_key) if knob else None

    def _may_ask(self, function: Function, group: Group, asking: Mapping[Placement, Asking]) -> None:
        """Whom the playbook names, and nobody else."""
        arn = of_group(self, f"dataset-group/{group.name}")
        asks = {own_arn(arn, thing): None for each in asking.values() for thing in (*each.sources, each.filter) if thing}
        ranks = {own_arn(arn, each.ranking): None for each in asking.values() if each.ranking}
        for action, resources in (("GetRecommendations", asks), ("GetPersonalizedRanking", ranks)):
            if resources:
                grants.allow(function.role, (f"personalize:{action}",), *resources)


class Recommendations(Capability):
    """What to show to whom. `tracking_id` and `dataset_group_arn` are empty without Personalize."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "recommendations", "Products by placement, from Personalize or from what is popular")
        group = Group(self, "Personalize", base) if settings.personalize_on else None
        self.tracking_id = group.tracker.attr_tracking_id if group else ""
        self.dataset_group_arn = group.group.attr_dataset_group_arn if group else ""
        if group:
            life_cycle = LifeCycle(self, "LifeCycle", base, group)
            Changes(self, "Changes", base, group)
            self.tell(
                personalize_dataset_group=group.group.attr_dataset_group_arn,
                personalize_tracking_id=self.tracking_id,
                personalize_state_machine=life_cycle.machine.machine.state_machine_arn,
            )
        api = Api(self, "Api", base, group)
        self.tell(recommendations_url=api.api.url)
        if api.edge:
            self.tell(recommendations_edge_url=api.edge.url)
