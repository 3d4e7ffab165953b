from collections.abc import Callable
from typing import Any

import pytest

from tests.infrastructure.access import Need, allowed, key_needs, role_needs, service_allowed, service_needs
from tests.infrastructure.cloud import Cloud


def missing(cloud: Cloud) -> list[Need]:
    needs = [need for need in (*role_needs(cloud), *key_needs(cloud)) if not allowed(cloud, need)]
    return needs + [need for need in service_needs(cloud) if not service_allowed(cloud, need)]


def without(action: str, *, of: str) -> Callable[[dict[str, Any]], None]:
    """Takes an action away from every policy whose logical id begins with `of`."""

    def change(templates: dict[str, Any]) -> None:
        for template in templates.values():
            for logical_id, resource in template["Resources"].items():
                if logical_id.startswith(of) and "PolicyDocument" in resource["Properties"]:
                    document = resource["Properties"]["PolicyDocument"]
                    document["Statement"] = [s for s in document["Statement"] if action not in [s["Action"], *s["Action"]]]

    return change


def test_every_role_and_service_may_do_what_the_templates_make_it_do(cloud: Cloud):
    needs = [*role_needs(cloud), *key_needs(cloud), *service_needs(cloud)]

    gaps = missing(cloud)

    assert len(needs) >= 100
    assert gaps == []


def test_a_state_machine_that_may_not_call_its_function_is_found(on: Cloud):
    planted = on.but(without("lambda:InvokeFunction", of="RunActivateRole"))

    found = missing(planted)

    assert {need.action for need in found} == {"lambda:InvokeFunction"}
    assert {need.because.split("/")[0] for need in found} == {"activation"}


@pytest.mark.parametrize("action", ["states:StartExecution", "states:RedriveExecution"])
def test_a_state_machine_that_may_not_run_executions_of_its_own_is_found(on: Cloud, action: str):
    planted = on.but(without(action, of="RunActivateRunApart"))

    assert action in {need.action for need in missing(planted)}


def test_a_state_machine_that_may_not_write_its_dead_letter_is_found(on: Cloud):
    planted = on.but(without("sqs:SendMessage", of="StageOnboardRole"))

    assert "sqs:SendMessage" in {need.action for need in missing(planted)}


def test_a_schedule_that_may_not_start_its_target_is_found(on: Cloud):
    planted = on.but(without("states:StartExecution", of="ViewNightlyRole"))

    assert [need.action for need in missing(planted)] == ["states:StartExecution"]


def test_a_function_without_the_key_of_its_bucket_is_found(on: Cloud):
    planted = on.but(without("kms:GenerateDataKey", of="StageStageFileRole"))

    assert "kms:GenerateDataKey" in {need.action for need in missing(planted)}


def test_a_function_without_the_key_of_the_queue_it_reads_is_found(on: Cloud):
    planted = on.but(without("kms:Decrypt", of="RelayPersonalizeRelayRole"))

    assert any(need.because.startswith("sqs:ReceiveMessage") for need in missing(planted))


def test_a_key_that_rules_may_not_use_is_found(on: Cloud):
    def change(templates: dict[str, Any]) -> None:
        for resource in templates["foundation"]["Resources"].values():
            if resource["Type"] == "AWS::KMS::Key":
                policy = resource["Properties"]["KeyPolicy"]
                policy["Statement"] = [s for s in policy["Statement"] if s.get("Principal") != {"Service": "events.amazonaws.com"}]

    found = missing(on.but(change))

    assert {need.who for need in found} == {"events.amazonaws.com"}
    assert {need.action for need in found} == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_a_queue_that_its_rule_may_not_write_to_is_found(on: Cloud):
    planted = on.but(without("sqs:SendMessage", of="StageLandedQueuePolicy"))

    assert [need.action for need in missing(planted)] == ["sqs:SendMessage"]
