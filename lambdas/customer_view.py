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
from omnichannel.view.claim import NewerRebuild
from omnichannel.view.export import export
from omnichannel.view.proof import prove
from omnichannel.view.rebuild import Tables, rebuild

logger = Logger(service="customer-view")

MEMORY_MB = 1536
"""What the transformations may take at once; the rest of the function's memory is Arrow's and Python's."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many customers, links and products the view has, and how many items had to be written.

    `gave_way` says that a rebuild that began later is at work, which this one then left the rest to.
    """
    env, as_of = CustomerViewEnv.load(), datetime.now(UTC)
    with tempfile.TemporaryDirectory() as work:
        try:
            counts = _rebuild(env, as_of, Path(work))
        except NewerRebuild:
            counts = {"gave_way": 1}
    logger.info("rebuilt", extra=counts)
    return counts


def _rebuild(env: CustomerViewEnv, as_of: datetime, work: Path) -> dict[str, int]:
    opened, s3 = catalog(), client("s3")
    lake = Lake(opened, env.glue_database, work, as_of=as_of, memory_mb=MEMORY_MB)
    settle(opened, env.glue_database, lake, at=as_of, work=work)
    tables = Tables(customers=env.customers_table, products=env.products_table)
    counts = rebuild(lake, client("dynamodb"), tables, as_of=as_of)
    export(lake, s3, env.lake_bucket, work)
    if env.consent_proof_bucket:
        counts["consents_proven"] = prove(lake, s3, env.consent_proof_bucket, work)
    return counts
