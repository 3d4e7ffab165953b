"""What onboarding's history says of every landed content."""

from collections.abc import Iterator
from typing import Any

from omnichannel.aws.dynamodb import Item, decode


def landed_contents(dynamodb: Any, table: str) -> Iterator[Item]:
    """The history's items that are about a content, a page in memory at a time; those about keys are passed over."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    items = (decode(item) for page in pages for item in page["Items"])
    return (item for item in items if "rows_in" in item)
