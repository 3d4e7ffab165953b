"""PutItems and PutUsers at the twin: in the words of the schema, the latest of each id, and nothing else."""

import json

import pytest
from botocore.exceptions import ClientError

from omnichannel.aws.personalize import Forbidden, putter
from omnichannel.contracts.recommendations import ITEMS, USERS
from omnichannel.recommendations.relay import Invalid, Unavailable
from omnichannel.recommendations.told import record
from tests.integration.twins.conftest import Serving

ROWS = {
    ITEMS: {
        "item_id": "P-1", "price": 9.5, "category_l1": "Shoes", "category_l2": None, "brand": "Own", "creation_timestamp": 1,
        "available": "yes",
    },
    USERS: {"user_id": "c_1", "country": "DE", "age_band": None, "frequency": "regular", "lifecycle": "active"},
}  # fmt: skip


@pytest.fixture
def datasets(serving: Serving) -> dict[object, str]:
    client = serving.client("personalize")
    group = client.create_dataset_group(name="told", domain="ECOMMERCE")["datasetGroupArn"]
    found: dict[object, str] = {}
    for data in ROWS:
        schema = client.create_schema(name=data.folder, schema=json.dumps(data.schema()), domain="ECOMMERCE")["schemaArn"]
        dataset = client.create_dataset(name=data.folder, schemaArn=schema, datasetGroupArn=group, datasetType=data.kind)
        found[data] = dataset["datasetArn"]
    return found


def put(serving: Serving, dataset: str, one: dict[str, str]) -> None:
    putter(serving.client("personalize-events"), dataset, wait=lambda: None)([one])


@pytest.mark.parametrize("data", list(ROWS), ids=lambda data: data.folder)
def test_what_is_told_can_be_seen_and_the_latest_counts(serving: Serving, datasets: dict[object, str], data):
    column = data.columns[-1]
    for value in ("first", "second"):
        put(serving, datasets[data], record(data, {**ROWS[data], column: value}))

    [held] = serving.inspect(f"personalize/{data.folder}")
    assert json.loads(held["properties"])[column] == "second"


def test_a_property_that_the_schema_does_not_have_is_refused(serving: Serving, datasets: dict[object, str]):
    with pytest.raises(Invalid) as refused:
        put(serving, datasets[ITEMS], {"itemId": "P-1", "properties": '{"CATEGORY_L1": "Shoes"}'})

    assert isinstance(refused.value.__cause__, ClientError)
    assert serving.inspect("personalize/items") == []


def test_a_missing_permission_ends_it_by_name_and_is_not_tried_again(serving: Serving, datasets: dict[object, str]):
    serving.twins.faults("personalize-events").configure(answers=[{"operation": "PutItems", "status": 403}])

    with pytest.raises(Forbidden, match=f"put_items to {datasets[ITEMS]} answered AccessDenied.*: grant the function's role"):
        put(serving, datasets[ITEMS], record(ITEMS, ROWS[ITEMS]))


def test_a_service_that_fails_may_be_asked_again(serving: Serving, datasets: dict[object, str]):
    serving.twins.faults("personalize-events").configure(answers=[{"operation": "PutItems", "status": 500, "times": 9}])

    with pytest.raises(Unavailable):
        put(serving, datasets[ITEMS], record(ITEMS, ROWS[ITEMS]))
