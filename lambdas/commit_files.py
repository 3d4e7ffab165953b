"""Stage B: the only writer of trusted tables; takes staged files from a FIFO queue, one commit a table."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.datasets import BY_NAME
from omnichannel.contracts.environment import CommitFilesEnv
from omnichannel.onboarding import history
from omnichannel.onboarding.commit import commit_files
from omnichannel.onboarding.history import Staged

logger = Logger(service="commit-files")

Failure = (ClientError, BotoCoreError, CommitFailedException, NoSuchTableError, OSError)
"""What another delivery may cure; anything else is a bug and fails the whole batch."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Commits what the messages name; a table that failed keeps its messages in the queue, in their order."""
    env, trusted = CommitFilesEnv.load(), catalog()
    by_dataset: dict[str, dict[str, Staged]] = defaultdict(dict)
    for record in event["Records"]:
        staged = Staged(**json.loads(record["body"]))
        by_dataset[staged.dataset][record["messageId"]] = staged
    failed: list[str] = []
    for dataset, messages in by_dataset.items():
        try:
            _commit(dataset, list(messages.values()), env, trusted)
        except Failure as failure:
            logger.warning("not committed", dataset=dataset, files=len(messages), error=type(failure).__name__, detail=str(failure))
            failed += messages
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _commit(dataset: str, files: list[Staged], env: CommitFilesEnv, trusted: Catalog) -> None:
    commits = commit_files(trusted, env.glue_database, BY_NAME[dataset], files, client("s3"), env.lake_bucket)
    at = datetime.now(UTC)
    for content_id, commit in commits.items():
        history.committed(client("dynamodb"), env.history_table, content_id, batch=commit.batch, snapshot_id=commit.snapshot_id, at=at)
    rows = sum(f.rows_staged for f in files)
    logger.info("committed", dataset=dataset, files=len(files), rows=rows, snapshots=sorted({c.snapshot_id for c in commits.values()}))
