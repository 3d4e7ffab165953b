"""Rebuild the customer view from the lake: identity links, customer items, product items. Takes no input."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment import CustomerViewEnv
from omnichannel.view.rebuild import rebuild

logger = Logger(service="customer-view")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many customers, links and products the view has, and how many items had to be written."""
    env = CustomerViewEnv.load()
    counts = rebuild(
        catalog(), env.glue_database, client("dynamodb"),
        customers_table=env.customers_table, products_table=env.products_table, now=datetime.now(UTC),
    )  # fmt: skip
    logger.info("rebuilt", extra=counts)
    return counts
