"""What a customer wrote to support is nobody's feature: neither a column of its own nor a sentence in a column that has another use."""

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import Catalog

from pipelines.steps import features
from pipelines.tasks import Purpose
from sandbox.folder_lake import DATABASE, onboard

AS_OF = date(2026, 3, 1)
WROTE = "my neighbour Ada opened the parcel"


def land(landing: Path, key: str, *lines: str) -> None:
    (landing / key).parent.mkdir(parents=True)
    (landing / key).write_text("\n".join(lines) + "\n")


@pytest.fixture
def lake(tmp_path: Path) -> Catalog:
    """One customer with an order and a ticket, in which the customer's words stand where they may and where they may not."""
    landing = tmp_path / "landing"
    land(landing, "dms/crm/customers/LOAD1.csv", "source_ts,customer_ref,created_at", "2026-01-01T00:00:00Z,R1,2026-01-01T00:00:00Z")
    land(
        landing,
        "dms/sales/orders/LOAD1.csv",
        "source_ts,order_id,customer_ref,ordered_at,channel,status,total,currency",
        "2026-02-01T00:00:00Z,O1,R1,2026-02-01T00:00:00Z,web,completed,20,EUR",
    )
    land(
        landing,
        "support/tickets/tickets.csv",
        "ticket_id,customer_ref,opened_at,closed_at,channel,csat,topic,message",
        f"T1,R1,2026-02-03T00:00:00Z,2026-02-04T00:00:00Z,email,1,delivery,{WROTE}",
        f"T2,R1,2026-02-05T00:00:00Z,2026-02-06T00:00:00Z,email,2,{WROTE},",
    )
    return onboard(landing, tmp_path / "lake", AS_OF)


def test_a_column_that_the_contract_does_not_know_reaches_no_table(lake: Catalog) -> None:
    tickets = lake.load_table((DATABASE, "tickets")).scan().to_arrow()

    assert tickets.num_rows == 2
    assert "message" not in tickets.column_names
    assert [row["ticket_id"] for row in tickets.to_pylist() if WROTE in map(str, row.values())] == ["T2"]


def test_features_know_of_the_tickets_and_nothing_of_the_words(lake: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "out"

    features.make(lake, DATABASE, features.Order(task=None, purpose=Purpose.AUDIENCE, as_of=AS_OF), out)

    customer = pq.read_table(out / "customers" / "customers.parquet").to_pylist()[0]
    written = "".join(path.read_text() for path in (out / "meta").iterdir()) + json.dumps(customer, default=str)
    assert (customer["tickets_180d"], customer["csat_180d"]) == (2, 1.5)
    assert WROTE not in written
