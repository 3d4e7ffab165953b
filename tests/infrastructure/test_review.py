"""The head of an activation: what it may do, how long it waits, who approves where, and tolerances that can be meant."""

import json
import re
from pathlib import Path

import pytest

from omnichannel.contracts.reviews import WAIT_SECONDS, Approval
from stacks.review import tolerances
from stacks.settings import Settings, SettingsError
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import ROOT


def activation(cloud: Cloud):
    [machine] = [m for m in cloud.all("AWS::StepFunctions::StateMachine") if m.stack == "activation"]
    return cloud.machine(machine)


def test_nothing_is_sent_before_the_review(cloud: Cloud):
    definition = activation(cloud)
    states = {name: state for name, state in definition["States"].items() if name != "SameScores"}

    reached, ahead = set(), ["Review"]
    while ahead:
        reached.add(name := ahead.pop())
        state = states.get(name, {})
        ahead += [to for to in re.findall(r'"(?:Next|Default)": "(\w+\??)"', json.dumps(state)) if to not in reached]

    start = states[definition["StartAt"]]
    assert (start["Default"], [choice["Next"] for choice in start["Choices"]]) == ("Review", ["Replay"])
    assert reached == {"Review", "Decided?", "WaitForApproval", "NobodyDecided", "SameScores"}


def test_a_replay_is_told_apart_by_its_number_and_the_function_that_begins_it_reads_the_review(cloud: Cloud):
    [choice] = activation(cloud)["States"]["Replay?"]["Choices"]
    [function] = [f for f in cloud.all("AWS::Lambda::Function") if f.properties["Handler"] == "lambdas.replay_run.handler"]

    assert choice["Condition"] == "{% $exists($states.context.Execution.Input.replay) %}"
    assert "REVIEWS_TABLE" in function.properties["Environment"]["Variables"]


def test_a_run_waits_three_days_and_the_activation_has_a_day_more(cloud: Cloud):
    definition = activation(cloud)
    wait = definition["States"]["WaitForApproval"]

    assert wait["TimeoutSeconds"] == WAIT_SECONDS == 259_200
    assert definition["TimeoutSeconds"] == WAIT_SECONDS + 86_400
    assert not [error for retry in wait["Retry"] for error in retry["ErrorEquals"] if error in ("States.Timeout", "States.ALL")]
    assert wait["Catch"] == [{"ErrorEquals": ["States.Timeout"], "Next": "NobodyDecided"}]


def test_the_proof_of_an_erasure_reads_reviews_too(cloud: Cloud):
    [proof] = [f for f in cloud.all("AWS::Lambda::Function") if f.properties["Handler"] == "lambdas.privacy_proof.handler"]
    reviews = next(table.name for table in cloud.all("AWS::DynamoDB::Table") if "TablesReviews" in table.id)

    assert f"{{{reviews}}}" in cloud.flat(proof.stack, proof.properties["Environment"]["Variables"]["TABLES"]).split(",")


def test_only_reviews_answer_tasks(cloud: Cloud):
    answering = [
        policy.id.partition("RoleDefaultPolicy")[0]
        for policy in cloud.all("AWS::IAM::Policy")
        for statement in cloud.parsed(policy.stack, policy.properties["PolicyDocument"])
        if "states:SendTaskSuccess" in statement["Action"]
    ]

    assert sorted(answering) == ["DecisionsReviewApi", "RunReviewReviewGate", "RunReviewReviewScores"]


@pytest.mark.parametrize(
    ("knobs", "approval"),
    [
        ({"environment": "dev"}, Approval.TOLERANCES),
        ({"environment": "staging"}, Approval.TOLERANCES),
        ({"environment": "prod"}, Approval.PERSON),
        ({"environment": "prod", "approval": "tolerances"}, Approval.TOLERANCES),
        ({"environment": "dev", "approval": "person"}, Approval.PERSON),
    ],
)
def test_production_asks_a_person_until_somebody_says_that_the_tolerances_may(knobs: dict[str, str], approval: Approval):
    assert Settings.of(knobs).approval_by is approval


def test_nobody_else_may_approve():
    with pytest.raises(SettingsError, match="approval='nobody'"):
        Settings.of({"approval": "nobody"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("movers: 0.2", "movers: 2"), "movers is 2; expected 0.001 to 0.9"),
        (("movers: 0.2", "movers: many"), "review.yaml.movers is 'many'; expected a number"),
        (("movers: 0.2", "moovers: 0.2"), "review.yaml has moovers; expected some of score_psi"),
        (("movers: 0.2", ""), "review.yaml lacks movers"),
        (("drifted_features: 0", "drifted_features: 0.5"), "drifted_features is 0.5; expected a whole number"),
        (("score_psi: 0.1", "score_psi: ["), "review.yaml is no YAML"),
    ],
)
def test_a_playbook_that_cannot_be_meant_ends_the_synthesis(tmp_path: Path, change: tuple[str, str], says: str):
    (tmp_path / "review.yaml").write_text((ROOT / "playbook" / "review.yaml").read_text().replace(*change))

    with pytest.raises(SettingsError, match=re.escape(says)):
        tolerances(tmp_path)
