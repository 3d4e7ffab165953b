from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from omnichannel.aws.lake_formation import TagsRefused, tag_columns
from omnichannel.contracts.catalog import EXPOSURE_TAG, Exposure
from omnichannel.onboarding.schema import TABLES

DATABASE = "omni_dev"


@pytest.fixture
def lakeformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("lakeformation", region_name="us-east-1")
        client.create_lf_tag(TagKey=EXPOSURE_TAG, TagValues=[level.value for level in Exposure])
        yield client


def tags_of(lakeformation: Any, table: str) -> dict[str, str]:
    columns = [column.name for column in TABLES[table]]
    resource = {"TableWithColumns": {"DatabaseName": DATABASE, "Name": table, "ColumnNames": columns}}
    found = lakeformation.get_resource_lf_tags(Resource=resource).get("LFTagsOnColumns", [])
    return {column["Name"]: column["LFTags"][0]["TagValues"][0] for column in found}


def test_every_column_of_every_trusted_table_is_tagged_and_again_changes_nothing(lakeformation: Any):
    first = tag_columns(lakeformation, DATABASE, TABLES)
    tagged = {name: tags_of(lakeformation, name) for name in TABLES}

    assert tag_columns(lakeformation, DATABASE, TABLES) == first == sum(len(columns) for columns in TABLES.values())
    assert {name: tags_of(lakeformation, name) for name in TABLES} == tagged
    assert (tagged["orders_changes"]["email"], tagged["orders_changes"]["customer_ref"]) == ("direct", "indirect")
    assert tagged["orders_changes"]["total"] == "none"


def test_a_tag_that_is_refused_says_so():
    class Refusing:
        def add_lf_tags_to_resource(self, **request: Any) -> dict[str, Any]:
            return {"Failures": [{"Error": {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Table not found"}}]}

    with pytest.raises(TagsRefused, match="EntityNotFoundException Table not found"):
        tag_columns(Refusing(), DATABASE, TABLES)
