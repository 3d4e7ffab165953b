"""The optional Studio domain: private, idle notebooks shut down, and a role that reads and does not write."""

from typing import Any

import pytest

from stacks.settings import Settings, SettingsError
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import ALL_ON

WRITES = ("Put", "Create", "Delete", "Update", "Start", "Stop", "Send", "Invoke", "Pass")
OWN = {"CreateSpace", "DeleteSpace", "UpdateSpace", "CreateApp", "DeleteApp"}


def domain(cloud: Cloud) -> dict[str, Any]:
    [found] = cloud.all("AWS::SageMaker::Domain")
    return found.properties


def allowed(cloud: Cloud) -> list[dict[str, Any]]:
    policies = [policy for policy in cloud.all("AWS::IAM::Policy") if policy.stack == "studio"]
    return [each for policy in policies for each in cloud.parsed(policy.stack, policy.properties["PolicyDocument"])]


def test_without_the_knob_there_is_no_studio(off: Cloud, on: Cloud):
    assert "studio" not in off.templates
    assert "studio" in on.templates


def test_notebooks_reach_nothing_but_by_the_subnets_that_were_given_and_nothing_reaches_them(on: Cloud):
    settings = domain(on)

    [group] = [each for each in on.all("AWS::EC2::SecurityGroup") if each.stack == "studio"]
    assert settings["AppNetworkAccessType"] == "VpcOnly"
    assert (settings["VpcId"], settings["SubnetIds"]) == ("vpc-0a1b2c3d4e5f60718", ["subnet-0a1b2c3d4e5f60718", "subnet-1a2b3c4d5e6f70819"])
    assert [on.refers("studio", each) for each in settings["DefaultUserSettings"]["SecurityGroups"]] == [group.name]
    assert "SecurityGroupIngress" not in group.properties
    assert {(each["FromPort"], each["ToPort"]) for each in group.properties["SecurityGroupEgress"]} == {(443, 443)}


def test_what_nobody_uses_costs_nothing_after_an_hour(on: Cloud):
    lab = domain(on)["DefaultUserSettings"]["JupyterLabAppSettings"]

    idle = lab["AppLifecycleManagement"]["IdleSettings"]
    assert (idle["LifecycleManagement"], idle["IdleTimeoutInMinutes"]) == ("ENABLED", 60)
    assert domain(on)["HomeEfsFileSystemCreation"] == "Disabled"


def test_what_notebooks_keep_has_the_datas_key_and_says_whose_it_was(on: Cloud):
    [role] = [each for each in on.all("AWS::IAM::Role") if each.stack == "studio"]

    trusted = {action for each in on.parsed("studio", role.properties["AssumeRolePolicyDocument"]) for action in each["Action"]}
    assert on.get(on.refers("studio", domain(on)["KmsKeyId"])).type == "AWS::KMS::Key"
    assert domain(on)["DomainSettings"]["ExecutionRoleIdentityConfig"] == "USER_PROFILE_NAME"
    assert trusted == {"sts:AssumeRole", "sts:SetSourceIdentity"}


def test_everybody_gets_a_profile_and_private_spaces_only(on: Cloud):
    users = {each.properties["UserProfileName"] for each in on.all("AWS::SageMaker::UserProfile")}

    own = [each for each in allowed(on) if any(action.partition(":")[2] in OWN for action in each["Action"])]
    assert users == {"anna", "ben"}
    assert own
    for each in own:
        assert each["Condition"]["StringEquals"] == {"sagemaker:SpaceSharingType": "Private"}
        assert "${sagemaker:UserProfileName}" in str(each["Condition"]["ArnLike"]["sagemaker:OwnerUserProfileArn"])


def test_a_notebook_writes_nothing(on: Cloud):
    actions = {action for each in allowed(on) for action in each["Action"]}

    writing = {action for action in actions if action.partition(":")[2].startswith(WRITES)}
    assert writing == {f"sagemaker:{name}" for name in OWN} | {"sagemaker:CreatePresignedDomainUrl", "kms:CreateGrant"}
    assert {"s3:GetObject", "glue:GetTable", "kms:Decrypt"} <= actions


def test_a_notebook_reads_trusted_data_and_what_was_made_of_it_and_no_landing_zone(on: Cloud):
    read = {resource for each in allowed(on) if "s3:GetObject" in each["Action"] for resource in each["Resource"]}

    assert {resource.rpartition("/")[0].rpartition("/")[2] for resource in read} == {"trusted", "scores", "segments"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"studio": "on"}, "studio=on needs studio_vpc, studio_subnets as well"),
        ({**ALL_ON, "studio_vpc": "main"}, "studio_vpc: 'main' is not as expected; expected e.g. vpc-"),
        ({**ALL_ON, "studio_subnets": "10.0.0.0/24"}, "studio_subnets: '10.0.0.0/24' is not as expected"),
        ({**ALL_ON, "studio_users": "anna@example.com"}, "studio_users: 'anna@example.com' is not as expected"),
        ({**ALL_ON, "studio_users": ""}, "studio=on needs studio_users as well"),
        ({"studio": "yes"}, "studio='yes' is not a choice; expected one of on, off"),
    ],
)
def test_a_studio_that_lacks_something_says_what(given: dict[str, str], said: str):
    with pytest.raises(SettingsError) as refused:
        Settings.of(given)

    assert said in str(refused.value)
