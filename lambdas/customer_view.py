"""Rebuild the customer view from the lake: identity links, customer items, product items. Takes no input."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment import CustomerViewEnv
from omnichannel.identity.store import settle
from omnichannel.transform.lake import Lake
from omnichannel.view.export import export
from omnichannel.view.proof import prove
from omnichannel.view.rebuild import Tables, rebuild

logger = Logger(service="customer-view")

MEMORY_MB = 1536
"""What the transformations may take at once; the rest of the function's memory is Arrow's and Python's."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many customers, links and products the view has, and how many items had to be written."""
    env, opened, as_of = CustomerViewEnv.load(), catalog(), datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        lake = Lake(opened, env.glue_database, work, as_of=as_of, memory_mb=MEMORY_MB)
        settle(opened, env.glue_database, lake, at=as_of, work=work)
        tables = Tables(customers=env.customers_table, products=env.products_table)
        counts = rebuild(lake, client("dynamodb"), tables, as_of=as_of)
        export(lake, client("s3"), env.lake_bucket, work)
        if env.consent_proof_bucket:
            counts["consents_proven"] = prove(lake, client("s3"), env.consent_proof_bucket, work)
    logger.info("rebuilt", extra=counts)
    return counts
