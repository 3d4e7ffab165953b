"""The own recommender, after each rebuild of the customer view."""

from collections.abc import Mapping

from aws_cdk import Duration
from constructs import Construct

from lambdas import learn_recommendations
from omnichannel.contracts import zones
from omnichannel.contracts.environment.customers import LearnRecommendationsEnv
from stacks.components import asl, grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.foundation import Foundation

TIMEOUT = Duration.minutes(15)
MEMORY_MB, DISK_MB = 6144, 8192
"""For EASE's matrix beside DuckDB, and what DuckDB puts aside."""
BOTH = "{% $merge([$states.input, $states.result.Payload]) %}"
"""The rebuild's counts, and this function's."""


class Learning(Construct):
    """A function over the lake and the tables, and its state."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake, tables = base.buckets.lake, base.tables
        self.function = Function(
            self,
            "LearnRecommendations",
            entry=learn_recommendations.handler,
            env=LearnRecommendationsEnv(
                lake_bucket=lake.bucket_name,
                glue_database=base.database,
                customers_table=tables.customers.table_name,
                products_table=tables.products.table_name,
            ),
            kind=Kind.RECOMMEND,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=MEMORY_MB,
            disk=DISK_MB,
        )
        grants.read_objects(self.function.role, lake, f"{zones.TRUSTED}/", zones.transformed("")[:-1])
        grants.catalog(self.function.role, base.database, "*")
        grants.items(self.function.role, tables.customers, "BatchGetItem", "GetItem", "UpdateItem")
        grants.items(self.function.role, tables.products, "Scan", "UpdateItem", "BatchWriteItem")

    def state(self, payload: Mapping[str, object]) -> asl.State:
        """A state of a rebuild, with the moment that it is as of and what a job has made, if one has."""
        return asl.invoke(self.function, payload=dict(payload), output=BOTH)
