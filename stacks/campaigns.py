"""Campaign lists: whom a run's campaigns speak to, and the seed list for display networks, as files beside the sinks."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import campaign_audiences
from omnichannel.contracts import zones
from omnichannel.contracts.environment.activation import CampaignAudiencesEnv
from omnichannel.playbook.experiments import holdout
from stacks.components import asl, grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.foundation import Foundation
from stacks.sinks.bridge import NOT_DELIVERED, RUN

TIMEOUT = Duration.minutes(14)
DISK_MIB = 2048
"""Lists grow on the function's disk: a million rows with three products each are some 100 MB, compressed."""


class CampaignLists(Construct):
    """Writes the lists of a run's campaigns."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake = base.buckets.lake
        self.function = Function(
            self,
            "CampaignAudiences",
            entry=campaign_audiences.handler,
            env=CampaignAudiencesEnv(
                lake_bucket=lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                products_table=base.tables.products.table_name,
                holdout=holdout(),
            ),
            kind=Kind.DECIDE,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=1769,
            disk=DISK_MIB,
        )
        grants.read_objects(self.function.role, lake, f"{zones.ACTIVATION}/", f"{zones.LOOKALIKES}/")
        grants.write_objects(self.function.role, lake, f"{zones.ACTIVATION}/")
        grants.items(self.function.role, base.tables.customers, "BatchGetItem")
        grants.items(self.function.role, base.tables.products, "BatchGetItem")

    @property
    def branch(self) -> tuple[str, asl.States]:
        """One call for the whole run, since a list is one file; one that fails is told by the function's alarm.

        Not in a replay, which tries sinks again and decides nothing.
        """
        payload = {**RUN, "parts": "{% $states.input.parts %}"}
        return "Lists?", {
            "Lists?": asl.choice(("$exists($states.input.replays)", "ListsWritten"), otherwise="ToLists"),
            "ToLists": asl.invoke(
                self.function, payload=payload, Catch=asl.catch("ListsNotWritten", output=NOT_DELIVERED), Next="ListsWritten"
            ),
            "ListsWritten": {"Type": "Succeed"},
            "ListsNotWritten": {"Type": "Succeed"},
        }
