"""The functions as they are deployed, over Iceberg tables: rebuild, read, export."""

import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from lambdas import customer_view, interactions_export, profiles_api
from omnichannel.contracts import zones
from omnichannel.identity.normalise import email_sha256
from omnichannel.view.claim import Claim
from tests.integration.view.building import LATER
from tests.integration.view.conftest import CUSTOMERS, LAKE, PROOF, Cloud


@pytest.fixture
def landed(shop: Cloud) -> Cloud:
    """The shop in Iceberg tables."""
    shop.land()
    return shop


def ask(path=None, **query):
    event = {"requestContext": {"requestId": "r-1"}, "pathParameters": path and {"id": path}, "queryStringParameters": query or None}
    answer = profiles_api.handler(event, None)
    return answer["statusCode"], answer["headers"]["content-type"], json.loads(answer["body"])


def parquet(cloud: Cloud, bucket: str, prefix: str):
    keys = [each["Key"] for each in cloud.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    return [pq.read_table(io.BytesIO(cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in keys]


def rebuilt() -> dict[str, int]:
    return customer_view.handler({"as_of": datetime.now(UTC).isoformat()}, None)


def test_from_tables_to_answers(landed: Cloud, capsys):
    counts = rebuilt()
    again = rebuilt()

    status, kind, found = ask("ref:R1")
    _, _, same = ask(email_sha256=email_sha256("one@shop.example"), fields="contact")
    assert (counts["customers"], counts["products"], again["items_written"]) == (4, 4, 0)
    assert (status, kind, found["segments"]["frequency"]) == (200, "application/json", "occasional")
    assert (same["customer_id"], same["contact"]["email"]) == (found["customer_id"], "one@shop.example")
    assert ask("ref:nobody")[:2] == (404, "application/problem+json")
    assert ask("c_1", fields="everything")[2]["title"] == "Unusable fields"
    assert "shop.example" not in "".join(capsys.readouterr())


def test_the_exported_view_names_nobody(landed: Cloud):
    rebuilt()

    (table,) = parquet(landed, LAKE, zones.view_export("customer_view"))

    assert table.num_rows == 4
    assert email_sha256("one@shop.example") in table["email_sha256"].to_pylist()
    assert not {"email", "phone", "first_name", "customer_ref"} & set(table.column_names)
    assert not [text for column in table.columns for text in map(str, column.to_pylist()) if "@" in text or "Zoë" in text or "R1" in text]


def test_each_consent_is_proven_once(landed: Cloud):
    first, second = rebuilt(), rebuilt()

    files = parquet(landed, PROOF, zones.CONSENT_LOG)
    assert (first["consents_proven"], second["consents_proven"]) == (5, 0)
    assert [table.num_rows for table in files] == [5]


def test_a_rebuild_gives_way_to_one_that_began_later(landed: Cloud):
    Claim(dynamodb=landed.dynamodb, table=CUSTOMERS, began_at=LATER.replace(year=2999)).make()

    assert rebuilt() == {"gave_way": 1}


def test_training_data_come_out_of_the_lake(landed: Cloud):
    rebuilt()

    answer = interactions_export.handler({}, None)

    assert (answer["interactions"], answer["items"], answer["users"]) == (5, 4, 1)
