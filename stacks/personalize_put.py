"""Products and customers that have changed, told to Personalize every night after the view is rebuilt."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import personalize_put
from omnichannel.contracts import zones
from omnichannel.contracts.environment.recommendations import PersonalizePutEnv
from omnichannel.contracts.recommendations import ITEMS, USERS
from stacks.components import asl, grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.foundation import Foundation
from stacks.personalize import Group

SCHEDULE = "cron(30 4 * * ? *)"
SECONDS = 12 * 3600
"""At a hundred customers a second some four million."""


class Changes(Construct):
    """One function, asked until nothing is left."""

    def __init__(self, scope: Construct, id: str, base: Foundation, group: Group) -> None:
        super().__init__(scope, id)
        lake, datasets = base.buckets.lake, {data: group.datasets[data].attr_dataset_arn for data in (ITEMS, USERS)}
        function = Function(
            self,
            "PersonalizePut",
            entry=personalize_put.handler,
            env=PersonalizePutEnv(
                lake_bucket=lake.bucket_name,
                glue_database=base.database,
                customers_table=base.tables.customers.table_name,
                items_dataset_arn=datasets[ITEMS],
                users_dataset_arn=datasets[USERS],
            ),
            kind=Kind.VIEW,
            key=base.message_key,
            timeout=Duration.minutes(15),
            memory=4096,
        )
        told = zones.personalize_told("")[: -len(".gz")]
        grants.read_objects(function.role, lake, f"{zones.TRUSTED}/", told)
        grants.write_objects(function.role, lake, told)
        grants.catalog(function.role, base.database, "*")
        grants.items(function.role, base.tables.customers, "BatchGetItem")
        grants.allow(function.role, ("personalize:PutItems",), datasets[ITEMS])
        grants.allow(function.role, ("personalize:PutUsers",), datasets[USERS])
        states = {
            "Tell": asl.invoke(function, payload={}, Next="Told?"),
            "Told?": asl.choice(("$states.input.done", "AllTold"), otherwise="TellOn"),
            "TellOn": asl.wait(then="Tell"),
            "AllTold": {"Type": "Succeed"},
        }
        self.machine = StateMachine(
            self, "TellChanges", definition=asl.machine("Tell", states, timeout_seconds=SECONDS), calls=[function], key=base.message_key
        )
        Schedule(self, "Nightly", expression=SCHEDULE, target=self.machine)
