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
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.transform.lake import Lake
from omnichannel.view.inputs import identity, read_inputs
from omnichannel.view.links import write_links
from omnichannel.view.rebuild import Tables, rebuild

logger = Logger(service="customer-view")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many customers, links and products the view has, and how many items had to be written."""
    env, opened, as_of = CustomerViewEnv.load(), catalog(), datetime.now(UTC)
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(opened, env.glue_database, Path(work), as_of=as_of)
        lake.put(LINKS_TABLE, write_links(opened, env.glue_database, identity(read_inputs(opened, env.glue_database))))
        tables = Tables(customers=env.customers_table, products=env.products_table)
        counts = rebuild(lake, client("dynamodb"), tables, as_of=as_of)
    logger.info("rebuilt", extra=counts)
    return counts
