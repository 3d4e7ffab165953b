"""Promises of Personalize: nothing of it bills that the playbook does not ask for, and one function makes all of it."""

from pathlib import Path
from typing import Any

import pytest

from omnichannel.playbook.personalize import load
from omnichannel.recommendations.asking import from_json
from omnichannel.recommendations.lifecycle.asked import asked
from stacks.personalize import checked
from stacks.settings import SettingsError
from tests.infrastructure.access import states
from tests.infrastructure.cloud import Cloud

SETUP, BATCH = "LifeCyclePersonalizeSetup", "PersonalizeBatchRole"
BILLS = ("AWS::Personalize::Solution", "AWS::Personalize::Campaign", "AWS::Personalize::MetricAttribution")


def machine(on: Cloud) -> dict[str, Any]:
    found = on.all("AWS::StepFunctions::StateMachine")
    return on.machine(next(each for each in found if each.stack == "recommendations" and each.id.startswith("LifeCycleLearn")))


def allowed(on: Cloud, role: str) -> dict[str, set[str]]:
    """Action -> the resources that one role of the stack may do it on."""
    found: dict[str, set[str]] = {}
    for policy in on.all("AWS::IAM::Policy"):
        if policy.stack == "recommendations" and policy.id.startswith(role):
            for each in on.parsed(policy.stack, policy.properties["PolicyDocument"]):
                for action in each["Action"]:
                    found.setdefault(action, set()).update(each["Resource"])
    return found


def test_no_template_holds_what_cloudformation_would_train_or_serve_by_itself(on: Cloud):
    assert list(on.all(*BILLS)) == []


def test_the_run_asks_for_each_phase_in_order_and_tells_at_the_end_how_everything_stands(on: Cloud):
    payloads = [state["Arguments"]["Payload"] for state in states(machine(on)) if state["Type"] == "Task"]
    actions = [payload["action"] for payload in payloads if "action" in payload]

    assert [each for each in actions if not each.startswith("describe")] == [
        "import", "recommenders", "solutions", "filters", "campaigns", "email", "status",
    ]  # fmt: skip
    assert {"batch": load().email.made} in payloads


def test_it_runs_when_the_playbook_says(on: Cloud):
    expressions = {each.properties["ScheduleExpression"] for each in on.all("AWS::Scheduler::Schedule") if each.stack == "recommendations"}

    assert load().retrain in expressions


def test_what_is_made_and_deleted_carries_the_dataset_groups_name(on: Cloud):
    may = allowed(on, SETUP)
    kinds = ("recommender", "solution", "campaign", "filter")

    for action in (f"personalize:{verb}{kind.capitalize()}" for verb in ("Create", "Delete") for kind in kinds):
        named = {resource.rpartition(":")[2] for resource in may[action] if "dataset-group" not in resource and "*" in resource}
        assert named == {*(f"{kind}/omni-dev-*" for kind in kinds), "batch-inference-job/email-*"}
    assert "personalize:DeleteDatasetGroup" not in may


def test_a_batch_reads_whom_it_recommends_to_and_writes_beside_it_and_nothing_else(on: Cloud):
    may = allowed(on, BATCH)

    assert {resource.partition("}/")[2] for resource in may["s3:PutObject"]} == {"personalize/batch/recommended/*"}
    assert {resource.partition("}/")[2] for resource in may["s3:GetObject"]} == {"personalize/batch/users.jsonl*"}


def test_the_api_may_ask_whom_the_playbook_names_for_a_placement_and_nobody_else(on: Cloud):
    may = allowed(on, "ApiRecommendationsApi")
    function = next(each for each in on.all("AWS::Lambda::Function") if each.id.startswith("ApiRecommendationsApi"))
    told = function.properties["Environment"]["Variables"]["PERSONALIZE_ASKS"]
    named = {f"{kind}/omni-dev-{name}" for each in asked(load()).values() for kind, name in (thing.split("/") for thing in each.things)}

    assert from_json(told) == asked(load())
    assert {resource.rpartition(":")[2] for resource in may["personalize:GetRecommendations"]} == named
    assert {action for action in may if action.startswith("personalize:")} == {"personalize:GetRecommendations"}


def test_a_file_that_cannot_be_meant_stops_the_synthesis_with_its_place(tmp_path: Path):
    text = (Path(__file__).parents[2] / "playbook" / "personalize.yaml").read_text()
    (tmp_path / "personalize.yaml").write_text(text.replace("retrain: cron(0 5 ? * SUN *)", "retrain: cron(0 5 * * SUN *)"))

    with pytest.raises(SettingsError, match=r"personalize.retrain"):
        checked(tmp_path)
