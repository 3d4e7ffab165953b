"""Stage A: check one landed file, stage its good rows, quarantine its bad ones: `{"bucket", "key", "etag", "size", "redrive"?}` in."""

import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.onboarding import StageFileEnv
from omnichannel.onboarding.stage import Landed, Limits, Stores, stage_file

DUCKDB_SHARE = 0.5
"""Of the function's memory; the rest is Python, buffers of reading and writing, and DuckDB's own overhead."""

logger = Logger(service="stage-file")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers what became of the file's rows; the state machine decides on `status`."""
    env = StageFileEnv.load()
    stores = Stores(
        s3=client("s3"), dynamodb=client("dynamodb"),
        lake_bucket=env.lake_bucket, quarantine_bucket=env.quarantine_bucket, history_table=env.history_table,
    )  # fmt: skip
    limits = Limits(memory_mb=int(int(context.memory_limit_in_mb) * DUCKDB_SHARE), threads=min(os.cpu_count() or 1, 4))
    with tempfile.TemporaryDirectory() as work:
        staged = stage_file(Landed.of(event), stores, Path(work), now=datetime.now(UTC), limits=limits)
    logger.info("staged", content_id=staged.content_id, dataset=staged.dataset, status=staged.status, rows=staged.rows_in)
    return staged.to_dict()
