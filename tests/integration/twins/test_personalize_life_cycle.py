"""The life cycle through its function against the twin: what the state machine does, phase by phase."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lambdas import keep_recommendations, personalize_setup
from omnichannel.aws import clients, dynamodb
from omnichannel.aws.recommenders import Recommenders
from omnichannel.contracts import zones
from omnichannel.contracts.recommendations import TRAINING_DATA, Custom, Placement
from omnichannel.playbook.personalize import load
from omnichannel.recommendations.answer import Ask, Dark
from omnichannel.recommendations.lifecycle.asked import asked
from omnichannel.recommendations.lifecycle.things import Email
from sandbox.personalize_takedown import take_down
from tests.integration.twins.test_personalize_custom import USERS, _interactions, _items

GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
PHASES = ("recommenders", "solutions", "filters", "campaigns", "email")
ALL_ON = replace(
    load(),
    solutions={name: replace(each, made=True, campaign=True) for name, each in load().solutions.items()},
    email=Email(made=True, items=3, filter="in-stock"),
)


@pytest.fixture
def cloud(serving, lake, monkeypatch):
    """Data sets, what is exported, and the environment of the functions; the playbook asks for everything."""
    personalize = serving.client("personalize")
    group = personalize.create_dataset_group(name="omni-sandbox", domain="ECOMMERCE")["datasetGroupArn"]
    bodies = {"Interactions": _interactions(), "Items": _items(), "Users": USERS}
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1", "LAKE_BUCKET": "lake", "CUSTOMERS_TABLE": "customers", "DATASET_GROUP_ARN": group,
        "IMPORT_ROLE_ARN": lake.role, "BATCH_ROLE_ARN": lake.role, "AWS_ENDPOINT_URL_PERSONALIZE": f"{serving.server.url}/aws/personalize",
    }  # fmt: skip
    for data in TRAINING_DATA:
        lake.put(zones.personalize_file(data.folder), bodies[data.kind])
        schema = personalize.create_schema(name=data.folder, schema=json.dumps(data.schema()), domain="ECOMMERCE")["schemaArn"]
        dataset = personalize.create_dataset(name=data.folder, schemaArn=schema, datasetGroupArn=group, datasetType=data.kind)
        environment[f"{data.folder.upper()}_DATASET_ARN"] = dataset["datasetArn"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clients.forget()
    asked = SimpleNamespace(wanted=ALL_ON)
    monkeypatch.setattr(personalize_setup, "wanted", lambda: asked.wanted)
    yield SimpleNamespace(personalize=personalize, group=group, asked=asked, lake=lake)
    clients.forget()


@pytest.fixture
def run(cloud, eventually):
    """One run of the machine from the import on; gives how everything stands."""

    def once(name):
        lines = "".join(json.dumps({"userId": f"c_{n}"}) + "\n" for n in range(4))
        cloud.lake.put(zones.PERSONALIZE_USERS, lines)
        arns = _act("import", run=name)["arns"]
        eventually(lambda: _act("describe_import", arns=arns), lambda state: state["ready"])
        for phase in PHASES:
            ended = eventually(lambda phase=phase: _act(phase, run=name), lambda state: state["ready"] or state["failed"])
            assert ended["ready"], (phase, ended)
        return _act("status")

    return once


def _act(action, **more):
    return personalize_setup.handler({"action": action, **more}, None)


def _versions(cloud):
    arns = [each["solutionArn"] for each in cloud.personalize.list_solutions(datasetGroupArn=cloud.group)["solutions"]]
    return {arn.rpartition("/")[2]: cloud.personalize.list_solution_versions(solutionArn=arn)["solutionVersions"] for arn in arns}


def _campaigns(cloud):
    listed = cloud.personalize.list_campaigns()["campaigns"]
    return {each["name"]: cloud.personalize.describe_campaign(campaignArn=each["campaignArn"])["campaign"] for each in listed}


def test_a_run_makes_everything_and_the_next_one_trains_and_switches_and_makes_nothing_twice(cloud, run):
    first = run("first")
    served = _campaigns(cloud)
    second = run("second")

    names = {f"omni-sandbox-{name}" for name in Custom}
    assert (first["ready"], first["reason"], second["ready"]) == (True, "", True)
    assert {name: len(found) for name, found in _versions(cloud).items()} == dict.fromkeys(names, 2)
    assert {cloud.personalize.describe_solution(solutionArn=each["solutionArn"])["solution"]["performAutoTraining"]
            for each in cloud.personalize.list_solutions()["solutions"]} == {False}  # fmt: skip
    now = _campaigns(cloud)
    assert set(now) == names
    newest = {name: max(found, key=lambda each: each["creationDateTime"])["solutionVersionArn"] for name, found in _versions(cloud).items()}
    assert {name: each["solutionVersionArn"] for name, each in now.items()} == newest
    assert all(now[name]["solutionVersionArn"] != served[name]["solutionVersionArn"] for name in names)
    assert len(cloud.personalize.list_recommenders()["recommenders"]) == 3
    assert len(cloud.personalize.list_filters()["Filters"]) == len(ALL_ON.filters)


def test_a_version_that_is_worse_stays_out_and_the_run_says_so(cloud, run):
    run("first")
    served = _campaigns(cloud)["omni-sandbox-similar-items"]["solutionVersionArn"]
    cloud.asked.wanted = _only_better(ALL_ON)

    told = run("second")

    assert _campaigns(cloud)["omni-sandbox-similar-items"]["solutionVersionArn"] == served
    assert [note for note in told["notes"] if note.startswith("keep campaign similar-items: the version in use stays: coverage")]


def _only_better(wanted):
    """A new version must be twice as good as the one in use: less than no tolerance."""
    solutions = {name: replace(each, metric="coverage", tolerance=-1.0) for name, each in wanted.solutions.items()}
    return replace(wanted, solutions=solutions)


def test_a_batch_comes_to_the_customers_items_of_those_who_allow_it(cloud, run):
    db = clients.client("dynamodb")
    keys = {"AttributeDefinitions": [{"AttributeName": "customer_id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    db.create_table(TableName="customers", KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}], **keys)
    both = {f"personalization/{channel}": GRANTED for channel in ("web", "email")}
    dynamodb.batch_put(db, "customers", [{"customer_id": "c_0", "consents": both}, {"customer_id": "c_1", "consents": {}}])
    run("first")

    counts = keep_recommendations.handler({}, None)

    items = {each["customer_id"]: each for each in map(dynamodb.decode, db.scan(TableName="customers")["Items"])}
    assert counts == {"answered": 4, "written": 1}
    held = items["c_0"]["recommended"]
    assert (held["source"], len(held["items"]), {int(item[1:]) < 6 for item in held["items"]}) == ("personalize", 3, {True})
    assert "recommended" not in items["c_1"]


def test_what_the_playbook_takes_back_goes_and_destroying_leaves_an_empty_group(cloud, run):
    run("first")
    cloud.asked.wanted = load()

    told = run("second")
    left = (cloud.personalize.list_solutions()["solutions"], cloud.personalize.list_campaigns()["campaigns"])
    removed = {}
    take_down(cloud.personalize, cloud.group, count=removed.__setitem__, tell=lambda _: None, pause=lambda _: None)

    assert (told["ready"], left) == (True, ([], []))
    assert removed == {"solutions": 0, "recommenders": 3, "filters": len(ALL_ON.filters)}
    assert cloud.personalize.list_recommenders()["recommenders"] == []


def test_a_batch_goes_on_without_a_trained_version_and_says_so(cloud, eventually):
    arns = _act("import", run="r")["arns"]
    eventually(lambda: _act("describe_import", arns=arns), lambda state: state["ready"])

    state = _act("email", run="r")

    assert (state["ready"], state["failed"], state["made"]) == (True, False, False)
    assert "no version of for-users" in state["reason"]


def test_the_api_asks_the_campaigns_with_the_filters_that_a_run_made(run, cloud, serving):
    def asking(**changes):
        playbook = replace(ALL_ON, recommenders=(), **changes)
        runtime = serving.client("personalize-runtime")
        return Recommenders(dataset_group_arn=cloud.group, asking=asked(playbook), runtime=lambda: runtime, clock=time.monotonic)

    def similar(recommenders):
        ask = Ask(placement=Placement.PRODUCT, customer_id="", product_id="a1", results=24)
        return set(recommenders.recommend(ask).product_ids)

    early, listed = asking(), ["b1", "a1", "new", "b2", "a2"]
    with pytest.raises(Dark, match="nobody to ask"):
        similar(early)
    with pytest.raises(Dark, match="nobody to ask"):
        early.rank(Placement.CHECKOUT, "c_4", listed)

    run("first")
    with pytest.raises(Dark, match="nobody to ask"):
        similar(early)
    ranking = asking().rank(Placement.CHECKOUT, "c_4", listed)

    in_stock = {f"{taste}{n}" for taste in "ab" for n in range(6)}
    assert similar(asking()) == in_stock - {"a1"}
    assert similar(asking(placements={Placement.PRODUCT: "never-made"})) > in_stock - {"a1"}
    ranked = ranking.product_ids
    assert (set(ranked), {each[0] for each in ranked[:2]}, ranked[-1]) == (set(listed), {"a"}, "new")
    assert ranking.recommendation_id.startswith("RID-")
