"""Messaging by Amazon Connect: what is made of the domain, its segments and campaigns, and what is refused by name."""

from pathlib import Path

import pytest

from omnichannel.activation import connect_objects
from omnichannel.contracts.profiles import EXPIRATION_DAYS, KEY, OBJECT_TYPE
from omnichannel.playbook.audiences import audiences_playbook
from omnichannel.playbook.campaigns import AudienceKind, campaigns_playbook
from stacks.settings import Settings, SettingsError
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import synthesised

INSTANCE = "arn:aws:connect:us-east-1:111122223333:instance/11111111-2222-3333-4444-555555555555"
CAMPAIGNS = {
    "connect_instance_arn": INSTANCE,
    "connect_flow_arn": f"{INSTANCE}/contact-flow/66666666-7777-8888-9999-000000000000:1",
    "connect_email": "hello@example.com",
    "connect_template_arn": "arn:aws:wisdom:us-east-1:111122223333:message-template/kb/template",
    "connect_campaigns_from": "2026-12-01T00:00:00Z",
    "connect_campaigns_until": "2027-12-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return synthesised(tmp_path_factory.mktemp("connect"), {"messaging": "connect", **CAMPAIGNS})


def _of(cloud: Cloud, kind: str) -> list[dict]:
    found = [resource for template in cloud.templates.values() for resource in template["Resources"].values()]
    return [resource["Properties"] for resource in found if resource["Type"] == kind]


def test_the_domain_is_encrypted_with_our_key_and_expires_later_than_any_score(cloud):
    (domain,) = _of(cloud, "AWS::CustomerProfiles::Domain")

    assert (domain["DefaultExpirationDays"], domain["DomainName"]) == (EXPIRATION_DAYS, "omni-dev-activation-profiles")
    assert domain["DefaultEncryptionKey"]
    assert domain["DeadLetterQueueUrl"]


def test_the_object_type_maps_what_the_bridge_puts(cloud):
    (made,) = _of(cloud, "AWS::CustomerProfiles::ObjectType")

    fields = {each["Name"]: each["ObjectTypeField"] for each in made["Fields"]}
    assert made["ObjectTypeName"] == OBJECT_TYPE
    assert fields == connect_objects.fields()
    assert [(key["Name"], key["ObjectTypeKeyList"]) for key in made["Keys"]] == [
        (KEY, [{"FieldNames": ["customer_id"], "StandardIdentifiers": ["PROFILE", "UNIQUE"]}])
    ]


def test_each_audience_is_a_segment_whose_name_says_what_it_means(cloud):
    segments = {each["DisplayName"]: each for each in _of(cloud, "AWS::CustomerProfiles::SegmentDefinition")}

    assert {name: each["SegmentDefinitionName"] for name, each in segments.items()} == {
        each.name: each.versioned for each in audiences_playbook().audiences
    }
    assert segments["churn-high"]["SegmentGroups"] == {
        "Groups": [
            {
                "Dimensions": [{"ProfileAttributes": {"Attributes": {"churn_band": {"DimensionType": "INCLUSIVE", "Values": ["high"]}}}}],
                "Type": "ALL",
            }
        ],
        "Include": "ALL",
    }


def test_each_messaging_campaign_reaches_its_segment_outside_quiet_hours(cloud):
    made = _of(cloud, "AWS::ConnectCampaignsV2::Campaign")

    names = {name for name, each in campaigns_playbook().items() if each.audience is AudienceKind.MESSAGING}
    assert {each["Name"] for each in made} == {f"omni-dev-activation-profiles-{name}" for name in names}
    assert {each["ConnectCampaignFlowArn"] for each in made} == {CAMPAIGNS["connect_flow_arn"]}
    assert made[0]["CommunicationTimeConfig"]["Email"]["OpenHours"]["DailyHours"][0] == {
        "Key": "MONDAY",
        "Value": [{"StartTime": "T08:00", "EndTime": "T21:00"}],
    }


def test_without_an_instance_there_are_no_campaigns(tmp_path: Path):
    cloud = synthesised(tmp_path, {"messaging": "connect"})

    assert _of(cloud, "AWS::ConnectCampaignsV2::Campaign") == []
    assert len(_of(cloud, "AWS::CustomerProfiles::Domain")) == 1


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"region": "eu-west-1"}, "region eu-west-1 has no Customer Profiles"),
        ({"connect_instance_arn": INSTANCE}, "needs connect_flow_arn, connect_email, connect_template_arn, connect_campaigns_from"),
        ({**CAMPAIGNS, "connect_flow_arn": f"{INSTANCE}/contact-flow/6"}, "the flow's version at its end"),
        ({**CAMPAIGNS, "connect_email": "nobody"}, "expected e.g. hello@example.com"),
        ({**CAMPAIGNS, "connect_campaigns_until": "2026-11-01T00:00:00Z"}, "is not after connect_campaigns_from"),
        ({**CAMPAIGNS, "connect_campaigns_from": "tomorrow"}, "expected one in UTC"),
        ({"connect_email": "hello@example.com"}, "connect_email is for campaigns in an instance"),
        ({**CAMPAIGNS, "messaging": "file"}, "connect_instance_arn is for messaging=connect"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_by_name(knobs, words):
    with pytest.raises(SettingsError, match=words):
        Settings(**{"messaging": "connect", **knobs})


def test_the_bridge_may_do_with_upload_jobs_what_a_first_load_takes_and_no_more(cloud):
    statements = [each for policy in _of(cloud, "AWS::IAM::Policy") for each in policy["PolicyDocument"]["Statement"]]
    (files,) = [each for each in statements if "profile:CreateUploadJob" in each["Action"]]

    assert {each.removeprefix("profile:") for each in files["Action"]} == {
        "CreateUploadJob", "GetUploadJobPath", "StartUploadJob", "GetUploadJob", "StopUploadJob", "SearchProfiles", "DeleteProfile",
    }  # fmt: skip
    assert "omni-dev-activation-profiles" in str(files["Resource"])
