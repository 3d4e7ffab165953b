"""Stage B: the one committer of trusted tables, behind a FIFO queue whose groups are tables, and what it is asked for every night."""

import json

from aws_cdk import Duration
from constructs import Construct

from lambdas import commit_files
from omnichannel.contracts import zones
from omnichannel.contracts.environment.onboarding import CommitFilesEnv
from omnichannel.contracts.privacy import PRIVACY
from omnichannel.contracts.trusted import MAINTENANCE, Compact, Expire, Retain
from omnichannel.onboarding.schema import TABLES
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.foundation import Foundation

COMMIT_TIMEOUT = Duration.minutes(5)
"""Short, because a function that is killed holds its table up for six times as long."""
MESSAGES_AT_ONCE = 10
"""The most that Lambda takes from a FIFO queue; they are one commit a table."""
UPKEEP_SCHEDULE = "cron(15 2 * * ? *)"
TABLES_AT_ONCE = 5


class Commit(Construct):
    """Stage B: the only writer of the data sets' tables. The queue's groups are tables, so each has one committer at a time."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.queue = Queue(self, "Staged", key=base.message_key, consumer_timeout=COMMIT_TIMEOUT, fifo=True)
        function = Function(
            self,
            "CommitFiles",
            entry=commit_files.handler,
            env=CommitFilesEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                glue_database=base.database,
                history_table=base.tables.history.table_name,
                privacy_table=base.tables.privacy.table_name,
            ),
            kind=Kind.COMMIT,
            key=base.message_key,
            timeout=COMMIT_TIMEOUT,
            memory=2048,
        )
        function.consume(self.queue, batch=MESSAGES_AT_ONCE)
        self._let_commit(function, base)
        self.upkeep = Upkeep(self, "Upkeep", base, self.queue)

    def _let_commit(self, function: Function, base: Foundation) -> None:
        lake, answers = base.buckets.lake, (f"{PRIVACY}/requests/", f"{MAINTENANCE}/")
        grants.read_objects(function.role, lake, f"{zones.STAGING}/", f"{zones.TRUSTED}/", *answers)
        grants.write_objects(function.role, lake, f"{zones.TRUSTED}/", *answers)
        grants.delete_versions(function.role, lake, f"{zones.TRUSTED}/")
        grants.catalog(function.role, base.database, *sorted(TABLES), actions=grants.GLUE_COMMIT)
        grants.items(function.role, base.tables.history, "BatchGetItem", "UpdateItem")
        if Capability.holding(self).settings.superseded_consent_years:
            grants.items(function.role, base.tables.privacy, "Scan")  # whom a legal hold protects
        # A message that failed comes again soon instead of after the queue's long time-out.
        grants.allow(function.role, ("sqs:GetQueueUrl",), self.queue.queue.queue_arn)


class Upkeep(Construct):
    """Every night superseded consents go, each table is compacted, then its old snapshots expire, in the order of the queue."""

    def __init__(self, scope: Construct, id: str, base: Foundation, queue: Queue) -> None:
        super().__init__(scope, id)
        settings = Capability.holding(self).settings
        days = int(settings.snapshot_days)
        tables = [{"compact": Compact.of("", name).to_dict(), "expire": Expire.of("", name, days).to_dict()} for name in sorted(TABLES)]
        states = {"Compact": _ask(queue, "$states.input.compact", Next="Expire"), "Expire": _ask(queue, "$states.input.expire")}
        selector = {"compact": "{% $states.context.Map.Item.Value.compact %}", "expire": "{% $states.context.Map.Item.Value.expire %}"}
        each = asl.each(f"{{% {json.dumps(tables)} %}}", "Compact", states, at_once=TABLES_AT_ONCE, selector=selector)
        first = self._retain(queue, settings.superseded_consent_years)
        definition = asl.machine(next(iter([*first, "Tables"])), {**first, "Tables": each}, timeout_seconds=900)
        self.machine = StateMachine(self, "Ask", definition=definition, calls=[], key=base.message_key)
        grants.send(self.machine.role, queue.queue)
        Schedule(self, "Nightly", expression=UPKEEP_SCHEDULE, target=self.machine)

    def _retain(self, queue: Queue, years: str) -> asl.States:
        """Asked first, so that what it leaves small is compacted; nothing without years."""
        return {"Retain": _ask(queue, json.dumps(Retain.of("", int(years)).to_dict()), Next="Tables")} if years else {}


def _ask(queue: Queue, request: str, **more: object) -> asl.State:
    """Sends the request (JSONata) with the execution's name as its id, so a night asks for it once."""
    night = "$states.context.Execution.Name"
    key = f"'{MAINTENANCE}/' & {night} & '/' & {request}.request & '/' & {request}.table & '.json'"
    return asl.send(
        queue.queue.queue_url,
        f"{{% $string($merge([{request}, {{'id': {night}, 'result_key': {key}}}])) %}}",
        group=f"{{% {request}.dataset %}}",
        deduplication=f"{{% {night} & '-' & {request}.request & '-' & {request}.table %}}",
        **more,
    )
