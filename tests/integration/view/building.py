"""Rebuilds of the view over links that a test says itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from omnichannel.contracts.identity import LINK_COLUMNS, LINKS_TABLE
from omnichannel.contracts.store import IdType
from omnichannel.identity.normalise import email_sha256
from omnichannel.onboarding.schema import arrow_schema
from omnichannel.transform.lake import Lake
from omnichannel.view.rebuild import Tables, rebuild
from tests.integration.view.conftest import CUSTOMERS, DATABASE, PRODUCTS, SENT, Cloud

AS_OF = datetime(2026, 1, 10, tzinfo=UTC)
LATER = datetime(2026, 1, 11, tzinfo=UTC)
TABLES = Tables(customers=CUSTOMERS, products=PRODUCTS, sent=SENT)
LINKED = {
    (IdType.CUSTOMER_REF, "R1"): "c_1",
    (IdType.EMAIL_SHA256, email_sha256("one@shop.example")): "c_1",
    (IdType.ANONYMOUS_ID, "device-1"): "c_1",
    (IdType.CUSTOMER_REF, "R2"): "c_2",
    (IdType.LOYALTY_CARD, "CARD2"): "c_2",
    (IdType.ANONYMOUS_ID, "device-2"): "c_2",
    (IdType.CUSTOMER_REF, "R3"): "c_3",
    (IdType.EMAIL_SHA256, email_sha256("three@shop.example")): "c_3",
}
"""Who has which identifier in the shop."""


def link(customer: str, kind: IdType, value: str | None, since: datetime = AS_OF, until: datetime | None = None) -> dict[str, Any]:
    """One row of `identity_links`."""
    return {"customer_id": customer, "id_type": kind.value, "id_value": value, "valid_from": since, "valid_to": until}


def links(*rows: dict[str, Any], linked: Mapping[Any, str] = LINKED) -> pa.Table:
    """The links of the shop, and further rows."""
    every = [*(link(customer, kind, value) for (kind, value), customer in linked.items()), *rows]
    return pa.Table.from_pylist(every, schema=arrow_schema(LINK_COLUMNS))


def lake_of(cloud: Cloud, work: Path, who: pa.Table | None = None, as_of: datetime = AS_OF) -> Lake:
    """The trusted tables, with those links."""
    lake = Lake(None, DATABASE, work, as_of=as_of)
    for name, rows in cloud.tables.items():
        lake.put(name, rows)
    lake.put(LINKS_TABLE, links() if who is None else who)
    return lake


def build(cloud: Cloud, work: Path, who: pa.Table | None = None, *, as_of: datetime = AS_OF, dynamodb: Any = None) -> dict[str, int]:
    """One rebuild."""
    return rebuild(lake_of(cloud, work, who, as_of), dynamodb or cloud.dynamodb, TABLES, as_of=as_of)


class Meanwhile:
    """A DynamoDB client before whose first transaction something happens."""

    def __init__(self, client: Any, happens: Any) -> None:
        self._client, self._happens = client, [happens]

    def transact_write_items(self, **request: Any) -> Any:
        """Whatever happens, then the transaction."""
        if self._happens:
            self._happens.pop()()
        return self._client.transact_write_items(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
