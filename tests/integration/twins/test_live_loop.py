"""From the bus to Personalize and back to the shop: relay, set-up and recommendations, on moto and the twin."""

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambdas import personalize_relay, personalize_setup, recommendations_api
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.events import DetailType
from omnichannel.contracts.recommendations import ITEMS, TRAINING_DATA, USERS
from omnichannel.contracts.store import POPULAR_KEY, IdType, link_key
from omnichannel.ledger.parts import parts_by_sink, unpacked
from omnichannel.playbook.interactions import interactions
from omnichannel.playbook.personalize import load
from omnichannel.realtime.events import parse
from omnichannel.recommendations.asking import to_json
from omnichannel.recommendations.lifecycle.asked import asked
from omnichannel.recommendations.setup import UnknownAction

EVENTS = Path(__file__).parents[2] / "events"
NOW = datetime(2026, 11, 20, 10, 40, tzinfo=UTC)
DAY = 1_763_600_000
GRANTED = {"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
CANARIES = ("canary.viewer@example.org", "7946", "203.0.113.77", "ref-00042", "anon-7f3a")


@pytest.fixture
def aws(serving, monkeypatch):
    """Tables, bucket and environment of the three functions; Personalize is the twin."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for service in ("PERSONALIZE", "PERSONALIZE_EVENTS", "PERSONALIZE_RUNTIME"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", f"{serving.server.url}/aws/{service.lower().replace('_', '-')}")
    monkeypatch.setenv("PERSONALIZE_ASKS", to_json(asked(load())))
    _forget()
    db = clients.client("dynamodb")
    for table, key in (("customers", "customer_id"), ("products", "product_id")):
        schema = {"AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
        db.create_table(TableName=table, KeySchema=[{"AttributeName": key, "KeyType": "HASH"}], **schema)
        monkeypatch.setenv(f"{table.upper()}_TABLE", table)
    clients.client("s3").create_bucket(Bucket="lake")
    monkeypatch.setenv("LAKE_BUCKET", "lake")
    yield SimpleNamespace(db=db, put=lambda table, *items: dynamodb.batch_put(db, table, items))
    _forget()


@pytest.fixture
def personalize(serving, aws, monkeypatch, lake):
    """A dataset group with its data sets and a tracker, and what the functions know of it."""
    client = serving.client("personalize")
    group = client.create_dataset_group(name="omni-sandbox", domain="ECOMMERCE")["datasetGroupArn"]
    for data in TRAINING_DATA:
        schema = client.create_schema(name=data.folder, schema=json.dumps(data.schema()), domain="ECOMMERCE")["schemaArn"]
        dataset = client.create_dataset(name=data.folder, schemaArn=schema, datasetGroupArn=group, datasetType=data.kind)["datasetArn"]
        monkeypatch.setenv(f"{data.folder.upper()}_DATASET_ARN", dataset)
    monkeypatch.setenv("INTERACTIONS", interactions().to_json())
    monkeypatch.setenv("TRACKING_ID", client.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"])
    monkeypatch.setenv("DATASET_GROUP_ARN", group)
    monkeypatch.setenv("IMPORT_ROLE_ARN", lake.role)
    monkeypatch.setenv("BATCH_ROLE_ARN", lake.role)
    return client


@pytest.fixture
def lake(aws, serving):
    def put(key, text):
        clients.client("s3").put_object(Bucket="lake", Key=key, Body=text.encode())

    def export(interactions):
        put(zones.personalize_file("interactions"), interactions)
        put(zones.personalize_file("items"), ",".join(ITEMS.names) + "\na0,19.9,Shoes,,,1767225600,yes\n")
        put(zones.personalize_file("users"), ",".join(USERS.names) + "\nc_1,NL,25-34,frequent,active\n")

    return SimpleNamespace(export=export, role="arn:aws:iam::000000000000:role/import")


def _forget():
    clients.forget()
    recommendations_api._recommenders.cache_clear()


def _record(number, name="segment_product_viewed", **changes):
    record = json.loads((EVENTS / "sqs_interaction.json").read_text())
    event = parse({**json.loads((EVENTS / f"{name}.json").read_text()), **changes}, received_at=NOW)
    envelope = {"version": "0", "detail-type": DetailType.INTERACTION, "source": "omnichannel.events", "detail": event.to_detail()}
    return {**record, "messageId": f"sqs-{number}", "body": json.dumps(envelope)}


def _relay(*records, remaining=60_000):
    context = SimpleNamespace(aws_request_id="request-3", get_remaining_time_in_millis=lambda: remaining)
    answer = personalize_relay.handler({"Records": list(records)}, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _ledger():
    s3 = clients.client("s3")
    keys = parts_by_sink(s3, "lake", flow="events", run=f"{datetime.now(UTC):%Y-%m-%d}").get("personalize", [])
    rows = [row for key in keys for row in unpacked(s3.get_object(Bucket="lake", Key=key)["Body"].read())]
    return {row["message_id"]: (row["customer_id"], row["status"], row["reason"]) for row in rows}


def _ask(placement="home", **query):
    event = json.loads((EVENTS / "http_api_recommendations.json").read_text())
    answer = recommendations_api.handler({**event, "pathParameters": {"placement": placement}, "queryStringParameters": query}, None)
    return answer["statusCode"], json.loads(answer["body"])


def _shop():
    rows = [
        f"c_{u},{'ab'[u % 2]}{(u * 7 + n) % 12},{DAY + n * 60},{'Purchase' if n % 5 == 0 else 'View'}" for u in range(60) for n in range(20)
    ]
    return "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n" + "\n".join(rows) + "\n"


def _product(product_id):
    return {
        "product_id": product_id, "name": f"Product {product_id}", "category_l1": "Shoes", "price": Decimal("19.90"), "currency": "EUR",
        "active": True, "stock": 4,
    }  # fmt: skip


def test_a_batch_goes_to_personalize_under_our_ids_and_leaves_a_ledger(aws, personalize, serving):
    link = {"customer_id": link_key(IdType.CUSTOMER_REF, "ref-00042"), "customer": "c_1"}
    refused = {"customer_id": link_key(IdType.ANONYMOUS_ID, "anon-no"), "customer": "c_2"}
    aws.put("customers", link, {"customer_id": "c_1", "consents": GRANTED}, refused, {"customer_id": "c_2", "consents": {}})

    failures = _relay(
        _record(1),
        _record(2, "segment_order_completed"),
        _record(3, messageId="m-3", userId=None, anonymousId="anon-no"),
        _record(4, messageId="m-4", userId="ref-nobody", anonymousId="anon-nobody"),
        _record(5, messageId="m-5", event="Products Searched"),
        {**_record(6), "body": "not an envelope"},
    )

    sent = {line["eventId"]: (line["userId"], line["eventType"], line["itemId"]) for line in serving.inspect("personalize-events/events")}
    assert failures == ["sqs-6"]
    assert sent == {
        "ajs-next-1764000000000-7f3a": ("c_1", "View", "p-1001"),
        "ajs-next-1764000900000-7f3a#0": ("c_1", "Purchase", "p-1001"),
        "ajs-next-1764000900000-7f3a#1": ("c_1", "Purchase", "p-2002"),
        "m-4": (None, "View", "p-1001"),
    }
    assert _ledger() == {
        "ajs-next-1764000000000-7f3a": ("c_1", "delivered", None),
        "ajs-next-1764000900000-7f3a": ("c_1", "delivered", None),
        "m-3": ("c_2", "withheld", "no-consent"),
        "m-4": ("", "delivered", None),
        "m-5": ("", "withheld", "unmapped-event"),
    }


def test_what_somebody_unknown_does_on_a_customers_browser_is_told_neither_as_theirs_nor_in_their_session(aws, personalize, serving):
    link = {"customer_id": link_key(IdType.ANONYMOUS_ID, "anon-7f3a"), "customer": "c_1"}
    aws.put("customers", link, {"customer_id": "c_1", "consents": GRANTED})

    _relay(_record(1, messageId="m-1", userId="ref-stranger"), _record(2, messageId="m-2", userId=None))

    assert [(line["eventId"], line["userId"]) for line in serving.inspect("personalize-events/events")] == [("m-2", "c_1")]
    assert _ledger() == {"m-1": ("", "withheld", "no-consent"), "m-2": ("c_1", "delivered", None)}


def test_when_time_runs_out_the_rest_comes_again(personalize, serving):
    failures = _relay(_record(1), remaining=9_000)

    assert failures == ["sqs-1"]
    assert (serving.inspect("personalize-events/events"), _ledger()) == ([], {})


def test_a_sink_that_cannot_be_reached_brings_every_event_back(personalize, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_PERSONALIZE_EVENTS", "http://127.0.0.1:1")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    clients.forget()

    failures = _relay(_record(1))

    assert (failures, _ledger()) == (["sqs-1"], {})


def test_no_personal_data_in_what_the_relay_says(aws, personalize, caplog, capsys):
    caplog.set_level(logging.DEBUG, logger="personalize-relay")
    aws.put(
        "customers", {"customer_id": link_key(IdType.CUSTOMER_REF, "ref-00042"), "customer": "c_1"}, {"customer_id": "c_1", "consents": {}}
    )

    _relay(_record(1), {**_record(2), "body": json.dumps({"detail": {"user_id": "ref-00042"}})})

    seen = caplog.text + "".join(capsys.readouterr())
    assert "relayed" in seen
    assert [canary for canary in CANARIES if canary in seen] == []


def test_set_up_waits_in_states_and_does_everything_once(personalize, lake, eventually):
    lake.export(_shop())

    def act(action, **more):
        return personalize_setup.handler({"action": action, **more}, None)

    absent = act("status")
    first = act("import")
    imported = eventually(lambda: act("describe_import", arns=first["arns"]), lambda state: state["ready"] or state["failed"])
    again = act("import")
    started = act("recommenders")
    made = eventually(lambda: act("recommenders"), lambda state: state["ready"] or state["failed"])
    filtered = eventually(lambda: act("filters"), lambda state: state["ready"])

    assert (absent["ready"], absent["failed"], {each["status"] for each in absent["import"]["imports"]}) == (False, False, {"ABSENT"})
    assert (imported["ready"], again["arns"], len(again["arns"])) == (True, first["arns"], 3)
    assert not started["failed"]
    assert made["steps"] == [f"keep recommender {name}" for name in ("for-you", "bought-together", "also-viewed")]
    made_names = {each["name"] for each in personalize.list_recommenders()["recommenders"]}
    assert {"omni-sandbox-for-you", "omni-sandbox-also-viewed"} <= made_names
    assert {each.split()[0] for each in filtered["steps"]} == {"keep"}
    assert [act(phase)["ready"] for phase in ("solutions", "campaigns", "email", "status")] == [True] * 4
    assert (personalize.list_solutions()["solutions"], personalize.list_campaigns()["campaigns"]) == ([], [])


def test_an_import_that_failed_says_why_and_can_be_started_again(personalize, lake, eventually):
    def ended(state):
        return eventually(
            lambda: personalize_setup.handler({"action": "describe_import", "arns": state["arns"]}, None),
            lambda s: s["ready"] or s["failed"],
        )

    failed = ended(personalize_setup.handler({"action": "import"}, None))
    lake.export(_shop())
    imported = ended(personalize_setup.handler({"action": "import"}, None))

    assert (failed["failed"], "no CSV file" in failed["reason"]) == (True, True)
    assert imported["ready"]


def test_a_shop_without_views_still_gets_the_recommenders_that_its_purchases_can_train(personalize, lake, eventually):
    lake.export(_shop().replace("View", "Purchase"))
    arns = personalize_setup.handler({"action": "import"}, None)["arns"]
    eventually(lambda: personalize_setup.handler({"action": "describe_import", "arns": arns}, None), lambda state: state["ready"])

    made = eventually(lambda: personalize_setup.handler({"action": "recommenders"}, None), lambda s: s["ready"] or s["failed"])

    assert (made["ready"], made["failed"]) == (True, False)
    assert "recommender also-viewed" in made["reason"]
    assert "EVENT_TYPE View" in made["reason"]


def test_without_any_recommender_set_up_has_failed(personalize, lake, eventually):
    made = eventually(lambda: personalize_setup.handler({"action": "recommenders"}, None), lambda s: s["ready"] or s["failed"])

    assert (made["ready"], made["failed"]) == (False, True)
    assert "no interactions were imported" in made["reason"]


def test_an_unknown_action_is_named_with_those_that_exist(personalize):
    with pytest.raises(UnknownAction, match="describe_import"):
        personalize_setup.handler({"action": "train"}, None)


def test_the_api_recommends_real_products_and_a_live_event_changes_them(aws, personalize, lake, eventually):
    lake.export(_shop())
    arns = personalize_setup.handler({"action": "import"}, None)["arns"]
    eventually(lambda: personalize_setup.handler({"action": "describe_import", "arns": arns}, None), lambda state: state["ready"])
    eventually(lambda: personalize_setup.handler({"action": "recommenders"}, None), lambda state: state["ready"])
    aws.put("products", *(_product(f"{taste}{n}") for taste in "ab" for n in range(12)), {"product_id": POPULAR_KEY, "items": ["a0", "b0"]})
    aws.put(
        "customers",
        {"customer_id": link_key(IdType.CUSTOMER_REF, "ref-00042"), "customer": "new"},
        {"customer_id": "new", "consents": GRANTED},
    )

    _, before = _ask(customer_ref="ref-00042", limit="3")
    _relay(*(_record(n, messageId=f"m-{n}", properties={"product_id": f"b{n}"}) for n in range(4)))
    status, after = _ask(customer_id="new", limit="3")
    _, product = _ask("product", product_id="a1", limit="4")

    assert status == 200
    assert {item["product_id"][0] for item in after["items"]} == {"b"}
    assert before["items"] != after["items"]
    assert (after["items"][0]["price"], after["items"][0]["source"]) == ("19.90", "personalize")
    assert after["recommendationId"].startswith("RID-")
    assert {(item["product_id"][0], item["source"]) for item in product["items"]} == {("a", "personalize")}


@pytest.mark.parametrize("group", ["", "arn:aws:personalize:us-east-1:000000000000:dataset-group/none"])
def test_without_recommenders_popular_products_answer(aws, monkeypatch, group):
    monkeypatch.setenv("DATASET_GROUP_ARN", group)
    aws.put("products", _product("a0"), {"product_id": POPULAR_KEY, "items": ["a0"]})

    status, found = _ask("product", product_id="x")

    assert (status, [(item["product_id"], item["source"]) for item in found["items"]]) == (200, [("a0", "popular")])


def test_a_personalize_that_cannot_be_reached_is_not_noticed_by_the_shop(aws, personalize, monkeypatch):
    for service in ("PERSONALIZE", "PERSONALIZE_RUNTIME"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", "http://127.0.0.1:1")
    _forget()
    aws.put("products", _product("a0"), {"product_id": POPULAR_KEY, "items": ["a0"]})
    aws.put("customers", {"customer_id": "c_1", "consents": GRANTED})

    status, found = _ask(customer_id="c_1")

    assert (status, found["items"][0]["source"]) == (200, "popular")


@pytest.mark.parametrize(("placement", "query", "status"), [("basket", {}, 404), ("home", {"limit": "many"}, 400)])
def test_a_wrong_question_is_answered_with_a_problem_document(aws, monkeypatch, placement, query, status):
    monkeypatch.setenv("DATASET_GROUP_ARN", "")

    code, problem = _ask(placement, **query)

    assert code == status
    assert (problem["status"], problem["instance"], bool(problem["detail"])) == (status, "urn:request:request-2", True)


def test_unreadable_tables_are_told_by_an_id_and_not_by_an_exception(aws, monkeypatch, capsys):
    monkeypatch.setenv("DATASET_GROUP_ARN", "")
    monkeypatch.setenv("PRODUCTS_TABLE", "gone")

    code, problem = _ask(customer_id="canary-customer")

    seen = "".join(capsys.readouterr()) + json.dumps(problem)
    assert (code, problem["instance"]) == (503, "urn:request:request-2")
    assert "canary-customer" not in seen
    assert "ResourceNotFoundException" not in json.dumps(problem)
