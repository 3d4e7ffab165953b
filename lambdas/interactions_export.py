"""Export the interactions, items and users that Personalize trains on, and with `{"batch": true}` whom a batch may recommend to."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.recommendations import InteractionsExportEnv
from omnichannel.transform.lake import Lake
from omnichannel.view.training import export

logger = Logger(service="interactions-export")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers the keys that were written and how many interactions, items and users they hold."""
    env = InteractionsExportEnv.load()
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), env.glue_database, Path(work), as_of=datetime.now(UTC))
        where = {"customers_table": env.customers_table, "bucket": env.lake_bucket}
        written = export(lake, client("dynamodb"), client("s3"), **where, work=Path(work), batch=event.get("batch", False))
    logger.info("exported", extra=written)
    return written
