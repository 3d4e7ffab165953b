"""What comes back of messages, after each rebuild of the customer view: suppressions, contacts, outcomes."""

from collections.abc import Mapping

from aws_cdk import Duration
from constructs import Construct

from lambdas import feedback_writer
from omnichannel.contracts import zones
from omnichannel.contracts.environment.customers import FeedbackWriterEnv
from omnichannel.feedback.apply import OUTCOMES
from stacks.components import asl, grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.foundation import Foundation

TIMEOUT = Duration.minutes(15)
DISK_MB = 4096
"""What DuckDB puts aside when its memory is full."""
BOTH = "{% $merge([$states.input, $states.result.Payload]) %}"
"""The rebuild's counts, and this function's."""


class Feedback(Construct):
    """A function over the lake and the tables, and its state."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake, tables = base.buckets.lake, base.tables
        self.function = Function(
            self,
            "FeedbackWriter",
            entry=feedback_writer.handler,
            env=FeedbackWriterEnv(
                lake_bucket=lake.bucket_name,
                glue_database=base.database,
                customers_table=tables.customers.table_name,
                sent_table=tables.sent.table_name,
            ),
            kind=Kind.VIEW,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=3072,
            disk=DISK_MB,
        )
        grants.read_objects(self.function.role, lake, f"{zones.TRUSTED}/", zones.transformed("")[:-1])
        grants.write_objects(self.function.role, lake, zones.view_export(OUTCOMES))
        grants.catalog(self.function.role, base.database, "*")
        grants.items(self.function.role, tables.customers, "BatchGetItem", "GetItem", "UpdateItem")
        grants.items(self.function.role, tables.sent, "BatchGetItem", "PutItem")

    def state(self, payload: Mapping[str, object]) -> asl.State:
        """A state of a rebuild, with the moment that it is as of and what a job has made, if one has."""
        return asl.invoke(self.function, payload=dict(payload), output=BOTH)
