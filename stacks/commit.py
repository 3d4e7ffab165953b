"""Stage B: the one committer of trusted tables, behind a FIFO queue whose groups are tables."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import commit_files
from omnichannel.contracts import zones
from omnichannel.contracts.environment import CommitFilesEnv
from stacks.components import grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.foundation import Foundation

COMMIT_TIMEOUT = Duration.minutes(5)
COMMITS_AT_ONCE = 10


class Commit(Construct):
    """Stage B: the only writer of trusted tables. The queue's groups are tables, so each table has one committer at a time."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.queue = Queue(self, "Staged", key=base.message_key, consumer_timeout=COMMIT_TIMEOUT, fifo=True)
        function = Function(
            self,
            "CommitFiles",
            entry=commit_files.handler,
            env=CommitFilesEnv(
                lake_bucket=base.buckets.lake.bucket_name, glue_database=base.database, history_table=base.tables.history.table_name
            ),
            kind=Kind.COMMIT,
            key=base.message_key,
            timeout=COMMIT_TIMEOUT,
            memory=2048,
        )
        function.consume(self.queue, batch=COMMITS_AT_ONCE)
        grants.read_objects(function.role, base.buckets.lake, f"{zones.STAGING}/", f"{zones.TRUSTED}/")
        grants.write_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/")
        grants.catalog(function.role, base.database, "*", actions=grants.GLUE_COMMIT)
        grants.items(function.role, base.tables.history, "UpdateItem")
