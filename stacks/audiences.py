"""A finished segments run -> its customers' items."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import segment_writer
from omnichannel.contracts import zones
from omnichannel.contracts.environment.customers import SegmentWriterEnv
from stacks.components import grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.foundation import Foundation

WRITER_TIMEOUT = Duration.minutes(10)
"""For the 25,000 customers of a part."""


class SegmentsToCustomers(Construct):
    """A manifest is the last object of a segments run: its arrival has every part written onto customers' items."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake, customers = base.buckets.lake, base.tables.customers
        queue = Queue(self, "Segments", key=base.message_key, consumer_timeout=WRITER_TIMEOUT)
        self.function = Function(
            self,
            "SegmentWriter",
            entry=segment_writer.handler,
            env=SegmentWriterEnv(lake_bucket=lake.bucket_name, customers_table=customers.table_name, queue_url=queue.queue.queue_url),
            kind=Kind.COMMIT,
            key=base.message_key,
            timeout=WRITER_TIMEOUT,
            memory=1024,
        )
        self.function.consume(queue, batch=1)
        grants.send(self.function.role, queue.queue)
        grants.allow(self.function.role, ("sqs:GetQueueUrl",), queue.queue.queue_arn)
        grants.read_objects(self.function.role, lake, f"{zones.SEGMENTS}/")
        grants.items(self.function.role, customers, "BatchGetItem", "UpdateItem")
        Rule(
            self,
            "ManifestWritten",
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [lake.bucket_name]},
                    "object": {"key": [{"wildcard": f"{zones.SEGMENTS}/*/{zones.MANIFEST}"}]},
                },
            },
            target=queue.queue,
        )
