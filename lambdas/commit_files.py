"""Stage B: the only writer of the data sets' trusted tables; takes staged files and requests from a FIFO queue, a commit a table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import committing_catalog
from omnichannel.aws.sqs import come_again
from omnichannel.contracts.datasets import Dataset
from omnichannel.contracts.environment.onboarding import CommitFilesEnv
from omnichannel.onboarding.commit import commit_files
from omnichannel.onboarding.history import Staged
from omnichannel.privacy import holds
from omnichannel.quality import metrics
from omnichannel.trusted.inbox import Message, NotAMessage, work_off
from omnichannel.trusted.memory import Memory
from omnichannel.trusted.requests import Desk, fulfil

logger = Logger(service="commit-files")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Does what the messages say, table by table; what failed stays in the queue, in its order, and comes again soon."""
    desk = _desk(context)
    records = {record["messageId"]: record for record in event["Records"]}
    failed = dict.fromkeys(records, "not reached")
    try:
        for group, messages in _by_table(records).items():
            outcome = work_off(messages, partial(_commit, desk), partial(fulfil, desk=desk))
            said = {"dataset": group, "files": outcome.files, "rows": outcome.rows, "requests": outcome.requests}
            logger.info("worked off", extra=said | {"failed": len(outcome.failed), "why": sorted(set(outcome.failed.values()))})
            for message in messages:
                del failed[message.id]
            failed |= outcome.failed
    finally:
        come_again(client("sqs"), [records[message_id] for message_id in failed])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _by_table(records: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Message]]:
    """The messages by table, in their order; one that is none is left to become a dead letter."""
    by_table: dict[str, list[Message]] = defaultdict(list)
    for message_id, record in records.items():
        try:
            message = Message.of(message_id, record["body"])
        except NotAMessage as malformed:
            logger.warning("not a message", extra={"message_id": message_id, "why": str(malformed)})
        else:
            by_table[message.group].append(message)
    return by_table


def _commit(desk: Desk, dataset: Dataset, files: Sequence[Staged]) -> int:
    commits = commit_files(desk.catalog, desk.database, dataset, files, desk.bucket, desk.memory.of)
    desk.memory.keep(commits, desk.now())
    for file in files:
        metrics.trusted_file(file.key, deployment=desk.database)
    return sum(commit.rows for commit in commits.values())


def _desk(context: LambdaContext) -> Desk:
    env = CommitFilesEnv.load()
    return Desk(
        catalog=committing_catalog(), database=env.glue_database, s3=client("s3"), bucket=env.lake_bucket,
        memory=Memory(client("dynamodb"), env.history_table), now=partial(datetime.now, UTC),
        held=lambda: holds.standing(client("dynamodb"), env.privacy_table, datetime.now(UTC).date()),
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )  # fmt: skip
