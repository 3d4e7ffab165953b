"""The Personalize twin imports, trains, recommends, and learns from live events."""

import json
import random
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "version": "1.0",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
}
HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n"
DAY = 1_763_600_000
RECIPE = "arn:aws:personalize:::recipe/aws-ecomm-"


@pytest.fixture
def personalize(serving):
    return serving.client("personalize")


@pytest.fixture
def events(serving):
    return serving.client("personalize-events")


@pytest.fixture
def runtime(serving):
    return serving.client("personalize-runtime")


@pytest.fixture
def group(personalize):
    return personalize.create_dataset_group(name="omni", domain="ECOMMERCE")["datasetGroupArn"]


@pytest.fixture
def dataset(personalize, group):
    schema = personalize.create_schema(name="interactions", schema=json.dumps(SCHEMA), domain="ECOMMERCE")["schemaArn"]
    return personalize.create_dataset(name="i", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")["datasetArn"]


@pytest.fixture
def tracker(personalize, group):
    return personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]


@pytest.fixture
def run_import(personalize, dataset, lake, eventually):
    def run(name="first", location="interactions/", mode="FULL"):
        arn = personalize.create_dataset_import_job(
            jobName=name, datasetArn=dataset, dataSource={"dataLocation": lake.url + location}, roleArn=lake.role, importMode=mode
        )["datasetImportJobArn"]

        def described():
            return personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]

        return eventually(described, lambda job: job["status"] in ("ACTIVE", "CREATE FAILED"))

    return run


@pytest.fixture
def recommender(personalize, group, eventually):
    def make(recipe="recommended-for-you"):
        arn = personalize.create_recommender(name=recipe, datasetGroupArn=group, recipeArn=RECIPE + recipe)["recommenderArn"]

        def described():
            return personalize.describe_recommender(recommenderArn=arn)["recommender"]

        return eventually(described, lambda each: each["status"] in ("ACTIVE", "CREATE FAILED"))

    return make


def _shop(seed=7, users=60, per_user=20):
    """Two tastes: even users view and buy a-products, odd users b-products."""
    draw = random.Random(seed)
    rows = []
    for user in range(users):
        taste = "ab"[user % 2]
        for n in range(per_user):
            kind = "Purchase" if n % 5 == 0 else "View"
            rows.append(f"c_{user},{taste}{draw.randrange(12)},{DAY + n * 60},{kind}")
    return HEADER + "\n".join(rows) + "\n"


def _ids(answer):
    return [item["itemId"] for item in answer["itemList"]]


def _code(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_users_are_recommended_what_goes_with_their_taste_and_not_what_they_bought(lake, run_import, recommender, runtime):
    shop = _shop()
    lake.put("interactions/part-000.csv", shop)
    bought = {line.split(",")[1] for line in shop.splitlines() if line.startswith("c_4,") and line.endswith("Purchase")}

    imported, made = run_import(), recommender()
    answer = runtime.get_recommendations(recommenderArn=made["recommenderArn"], userId="c_4", numResults=5)

    assert (imported["status"], made["status"]) == ("ACTIVE", "ACTIVE")
    assert {item[0] for item in _ids(answer)} == {"a"}
    assert len(_ids(answer)) == 5
    assert not bought & set(_ids(answer))
    assert [item["score"] for item in answer["itemList"]] == sorted((item["score"] for item in answer["itemList"]), reverse=True)
    assert answer["recommendationId"]


def test_live_events_change_what_somebody_is_recommended_at_once(lake, run_import, recommender, runtime, events, tracker, serving):
    lake.put("interactions/part-000.csv", _shop())
    run_import()
    arn = recommender()["recommenderArn"]

    def put(session, event_id, item, **user):
        event = {"eventId": event_id, "eventType": "View", "itemId": item, "sentAt": datetime(2026, 11, 20, tzinfo=UTC)}
        events.put_events(trackingId=tracker, sessionId=session, eventList=[event], **user)

    before = _ids(runtime.get_recommendations(recommenderArn=arn, userId="stranger", numResults=4))
    for n in range(3):
        put("visit", f"m-{n}", f"b{n}")
    put("visit", "m-3", "b3", userId="stranger")
    put("visit", "m-3", "a1", userId="stranger")
    after = _ids(runtime.get_recommendations(recommenderArn=arn, userId="stranger", numResults=4))

    assert before != after
    assert {item[0] for item in after} == {"b"}
    assert [line["used"] for line in serving.inspect("personalize-events/events?sessionId=visit")] == [True, True, True, True, False]


@pytest.mark.parametrize("recipe", ["frequently-bought-together", "customers-who-viewed-x-also-viewed"])
def test_items_bring_up_what_is_bought_or_viewed_with_them(lake, run_import, recommender, runtime, recipe):
    lake.put("interactions/part-000.csv", _shop())
    run_import()
    arn = recommender(recipe)["recommenderArn"]

    answer = runtime.get_recommendations(recommenderArn=arn, itemId="b3", numResults=6)

    assert {item[0] for item in _ids(answer)} == {"b"}
    assert "b3" not in _ids(answer)
    assert _code(lambda: runtime.get_recommendations(recommenderArn=arn, userId="c_1")) == "InvalidInputException"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEADER + "c_1,a1,1763600000,View\n" * 999, "at least 1000"),
        ("USER_ID,ITEM_ID,TIMESTAMP\n" + "c_1,a1,1763600000\n" * 1000, "EVENT_TYPE"),
        (HEADER + "c_1,a1,yesterday,View\n" * 1000, "part-000.csv"),
        (HEADER + ",a1,1763600000,View\n" * 1000, "without USER_ID"),
        (HEADER + "c" * 257 + ",a1,1763600000,View\n" + "c_1,a1,1763600000,View\n" * 1000, "at most 256"),
    ],
)
def test_an_import_that_cannot_be_trained_on_fails_and_says_why(lake, run_import, text, reason):
    lake.put("interactions/part-000.csv", text)

    job = run_import()

    assert job["status"] == "CREATE FAILED"
    assert reason in job["failureReason"]


def test_a_folder_without_files_fails(run_import):
    assert "no CSV file" in run_import()["failureReason"]


@pytest.mark.parametrize(
    ("text", "recipe", "reason"),
    [
        (HEADER + "".join(f"c_{n % 20},a{n % 9},{DAY},View\n" for n in range(1000)), "recommended-for-you", "20 users with two"),
        (HEADER + "".join(f"c_{n % 50},a{n % 9},{DAY},View\n" for n in range(1000)), "frequently-bought-together", "EVENT_TYPE Purchase"),
    ],
)
def test_a_recommender_without_its_minimum_of_data_fails(lake, run_import, recommender, text, recipe, reason):
    lake.put("interactions/part-000.csv", text)
    run_import()

    made = recommender(recipe)

    assert made["status"] == "CREATE FAILED"
    assert reason in made["failureReason"]


def test_a_full_import_replaces_and_an_incremental_one_adds(lake, run_import, serving, dataset):
    lake.put("interactions/part-000.csv", _shop())
    lake.put("more/part-000.csv", _shop(seed=8))

    counts = []
    for name, location, mode in (("one", "interactions/", "FULL"), ("two", "more/", "INCREMENTAL"), ("three", "more/", "FULL")):
        run_import(name, location, mode)
        counts.append(serving.inspect("personalize/interactions")[dataset])

    assert counts == [1200, 2400, 1200]


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        json.dumps({**SCHEMA, "type": "map"}),
        json.dumps({**SCHEMA, "fields": [{"name": "USER_ID", "type": "bytes"}]}),
        json.dumps({**SCHEMA, "fields": SCHEMA["fields"] * 2}),
    ],
)
def test_a_schema_that_is_no_avro_record_of_known_types_is_refused(personalize, schema):
    assert _code(lambda: personalize.create_schema(name="s", schema=schema, domain="ECOMMERCE")) == "InvalidInputException"


def test_a_dataset_of_the_domain_needs_the_domains_fields(personalize, group):
    lacking = json.dumps({**SCHEMA, "fields": SCHEMA["fields"][:3]})
    schema = personalize.create_schema(name="lacking", schema=lacking, domain="ECOMMERCE")["schemaArn"]

    code = _code(lambda: personalize.create_dataset(name="i", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"))

    assert code == "InvalidInputException"


@pytest.mark.parametrize(
    "event",
    [
        {"eventType": "View", "properties": "[1]"},
        {"eventType": "View", "properties": json.dumps({"x": "x" * 1020})},
        {"eventType": "View", "itemId": "x" * 257},
        {
            "eventType": "View",
            "impression": ["x" * 250] * 25,
            "metricAttribution": {"eventAttributionSource": "s" * 1024},
            "itemId": "i" * 256,
        }
        | {"properties": json.dumps({"x": "é" * 1000}), "eventId": "é" * 256},
    ],
)
def test_events_beyond_the_limits_are_invalid_input(events, tracker, event):
    entry = {"sentAt": datetime(2026, 11, 20, tzinfo=UTC), **event}

    code = _code(lambda: events.put_events(trackingId=tracker, sessionId="s", eventList=[entry]))

    assert code in ("InvalidInputException", "ValidationException")


def test_an_unknown_tracking_id_is_invalid_input(events, tracker):
    entry = {"sentAt": datetime(2026, 11, 20, tzinfo=UTC), "eventType": "View"}

    code = _code(lambda: events.put_events(trackingId="other", sessionId="s", eventList=[entry]))

    assert code == "InvalidInputException"


def test_names_are_taken_once_and_full_groups_are_not_deleted(personalize, group, dataset):
    codes = [
        _code(lambda: personalize.create_dataset_group(name="omni", domain="ECOMMERCE")),
        _code(lambda: personalize.delete_dataset_group(datasetGroupArn=group)),
        _code(lambda: personalize.describe_recommender(recommenderArn=group.replace("dataset-group", "recommender"))),
    ]

    assert codes == ["ResourceAlreadyExistsException", "ResourceInUseException", "ResourceNotFoundException"]


def test_after_a_restart_it_recommends_the_same(lake, run_import, recommender, runtime, serving):
    lake.put("interactions/part-000.csv", _shop())
    run_import()
    arn = recommender()["recommenderArn"]
    before = _ids(runtime.get_recommendations(recommenderArn=arn, userId="c_4"))

    serving.stop()
    serving.start()
    after = _ids(serving.client("personalize-runtime").get_recommendations(recommenderArn=arn, userId="c_4"))

    assert before == after


def test_a_stopped_recommender_answers_nobody_until_it_is_started(lake, run_import, recommender, personalize, runtime, eventually):
    lake.put("interactions/part-000.csv", _shop())
    run_import()
    arn = recommender()["recommenderArn"]

    personalize.stop_recommender(recommenderArn=arn)
    stopped = _code(lambda: runtime.get_recommendations(recommenderArn=arn, userId="c_4"))
    personalize.start_recommender(recommenderArn=arn)
    eventually(lambda: personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"], lambda status: status == "ACTIVE")

    assert stopped == "InvalidInputException"
    assert _ids(runtime.get_recommendations(recommenderArn=arn, userId="c_4"))
