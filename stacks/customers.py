"""Customers: who they are, what they allowed and what we know of them, rebuilt from the lake."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import customer_view
from omnichannel.contracts import zones
from omnichannel.contracts.environment import CustomerViewEnv
from omnichannel.contracts.identity import LINKS_TABLE
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.foundation import Foundation
from stacks.settings import Settings

VIEW_TIMEOUT = Duration.minutes(15)
VIEW_SCHEDULE = "cron(30 3 * * ? *)"


class View(Construct):
    """The customer view: identity links, customer items and product items, rebuilt from the lake."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        function = Function(
            self,
            "CustomerView",
            entry=customer_view.handler,
            env=CustomerViewEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                glue_database=base.database,
                customers_table=base.tables.customers.table_name,
                products_table=base.tables.products.table_name,
            ),
            kind=Kind.COMMIT,
            key=base.message_key,
            timeout=VIEW_TIMEOUT,
            memory=4096,
        )
        grants.read_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/")
        grants.catalog(function.role, base.database, "*")
        # Of the trusted tables it writes its own, and no other.
        grants.write_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/{LINKS_TABLE}/")
        grants.catalog(function.role, base.database, LINKS_TABLE, actions=grants.GLUE_COMMIT)
        for table in (base.tables.customers, base.tables.products):
            grants.items(function.role, table, "Scan", "BatchWriteItem")
        definition = asl.machine(
            "View",
            {"View": asl.invoke(function)},
            timeout_seconds=3600,
        )
        self.machine = StateMachine(self, "Rebuild", definition=definition, calls=[function], key=base.message_key)
        Schedule(self, "Nightly", expression=VIEW_SCHEDULE, target=self.machine)


class Customers(Capability):
    """The single customer view."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "customers", "One view of every customer")
        view = View(self, "View", base)
        self.tell(view_state_machine=view.machine.machine.state_machine_arn)
