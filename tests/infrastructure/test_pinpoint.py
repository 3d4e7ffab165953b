"""Messaging by Amazon Pinpoint: what follows an import, and what the bridge may do there."""

import json

from stacks.sinks.pinpoint import ARRANGE, TEMPLATES
from tests.infrastructure.access import states

LOOK_AND_UPDATE = {"mobiletargeting:GetEndpoint", "mobiletargeting:UpdateEndpointsBatch"}


def _branch(on):
    machine = on.machine(next(each for each in on.all("AWS::StepFunctions::StateMachine") if "Activate" in each.id))
    branches = [branch for state in states(machine) for branch in state.get("Branches", ())]
    return next(branch["States"] for branch in branches if "ToPinpoint" in branch["States"])


def test_campaigns_follow_an_import_that_took_somebody(on):
    branch = _branch(on)

    assert [(choice["Condition"], choice["Next"]) for choice in branch["Imported?"]["Choices"]] == [
        ("{% $states.input.status = 'COMPLETED' %}", "Campaigns"),
        ("{% $states.input.status = 'FAILED' %}", "Imported"),
    ]
    payload = branch["Campaigns"]["Arguments"]["Payload"]
    assert (payload["action"], payload["job_id"]) == ("campaigns", "{% $job %}")


def test_a_step_that_fails_ends_neither_the_run_nor_its_ledger(on):
    branch = _branch(on)

    [caught] = branch["Campaigns"]["Catch"]
    assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "NotArranged")
    assert branch["NotArranged"]["Type"] == "Succeed"
    assert "TooManyRequestsException" in json.dumps(branch["Campaigns"]["Retry"])


def test_the_bridge_may_change_one_project_and_its_own_templates(on):
    [role] = [each.name for each in on.all("AWS::IAM::Role") if each.id.startswith("PinpointPinpointBridge")]
    granted = [each for each in on.statements(role) if any("mobiletargeting" in action for action in each["Action"])]

    actions = {action for each in granted for action in each["Action"]}
    assert {*ARRANGE, *TEMPLATES, "mobiletargeting:CreateImportJob"} <= actions
    assert [action for action in actions if "*" in action] == []
    assert [resource for each in granted for resource in each["Resource"] if "{activation/PinpointApplication" not in resource] == []


def test_bridge_and_live_messages_may_look_at_and_update_endpoints_by_the_path_of_such_a_request(on):
    roles = [each.name for each in on.all("AWS::IAM::Role") if each.id.startswith(("PinpointPinpointBridge", "LiveMessagesLiveMessenger"))]

    allowed = [
        {
            resource.rpartition("}")[2]
            for each in on.statements(role)
            if set(each["Action"]) >= LOOK_AND_UPDATE
            for resource in each["Resource"]
        }
        for role in roles
    ]

    assert len(allowed) == 2
    assert all({"/endpoints", "/endpoints/*"} <= paths for paths in allowed)
