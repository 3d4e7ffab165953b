"""DynamoDB's answers out of memory, encoded as it would send them: for what is measured or asked thousands of times in one process."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from omnichannel.aws.dynamodb import encode

KEYS = {"customers": "customer_id", "products": "product_id", "sent": "customer_id"}


class MemoryTables:
    """Takes `batch_get_item`, the query by segment and the scan that recommendations fall back on; raises `KeyError` for another table."""

    def __init__(self, **tables: Iterable[Mapping[str, Any]]) -> None:
        self.tables = {name: {item[KEYS[name]]: encode(dict(item)) for item in tables.get(name, ())} for name in KEYS}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803 - the service's own name
        """The items that are there, with the attributes that were asked for."""
        return {"Responses": {table: list(self._found(table, asked)) for table, asked in RequestItems.items()}, "UnprocessedKeys": {}}

    def query(self, *, TableName: str, ExpressionAttributeValues: Mapping[str, Any], Limit: int, **_: object) -> dict[str, Any]:  # noqa: N803
        """The keys of an index: customers of a segment, after an id."""
        segment, after = (ExpressionAttributeValues.get(name, {}).get("S", "") for name in (":segment", ":after"))
        held = sorted(self.tables[TableName].items())
        found = [{"customer_id": {"S": key}} for key, item in held if key > after and item.get("in_segment", {}).get("S") == segment]
        return {"Items": found[:Limit], **({"LastEvaluatedKey": found[Limit - 1]} if len(found) > Limit else {})}

    def get_paginator(self, operation: str) -> "MemoryTables":
        """Of the scan."""
        if operation != "scan":
            raise ValueError(f"{operation} is not kept in memory; expected scan")
        return self

    def paginate(self, *, TableName: str, **_: object) -> Iterator[dict[str, Any]]:  # noqa: N803 - the service's own name
        """Products that can be bought."""
        items = self.tables[TableName].values()
        yield {"Items": [item for item in items if item.get("active", {}).get("BOOL") and item.get("stock", {}).get("N", "1") != "0"]}

    def _found(self, table: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        names = set(asked.get("ExpressionAttributeNames", {}).values())
        for key in asked["Keys"]:
            item = self.tables[table].get(key[KEYS[table]]["S"])
            if item is not None:
                yield {name: value for name, value in item.items() if not names or name in names}
