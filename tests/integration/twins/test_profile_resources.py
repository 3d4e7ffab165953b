"""What a template says of Customer Profiles and campaigns becomes resources of their twins."""

import pytest

from sandbox import provider

DOMAIN = {"DomainName": "shop"}
FIELDS = [{"Name": "ref", "ObjectTypeField": {"Source": "_source.ref", "Target": "_profile.AccountNumber", "ContentType": "STRING"}}]
KEYS = [{"Name": "_account", "ObjectTypeKeyList": [{"FieldNames": ["ref"], "StandardIdentifiers": ["UNIQUE", "PROFILE"]}]}]
SCORES = {"ObjectTypeName": "Scores", "Description": "s", "Fields": FIELDS, "Keys": KEYS, "AllowProfileCreation": "true"}
URI = "arn:aws:s3:::shop/objects"
BANDS = {"churn_band": {"DimensionType": "INCLUSIVE", "Values": ["high"]}}
GROUPS = {"Groups": [{"Dimensions": [{"ProfileAttributes": {"Attributes": BANDS}}]}]}
SEGMENT = {**DOMAIN, "SegmentDefinitionName": "high", "DisplayName": "high", "SegmentGroups": GROUPS}
DETAILS = {"Attributes": [{"Name": "ref"}], "Expression": "{ref}"}
EMAIL = {
    "ConnectSourceEmailAddress": "shop@example.org",
    "WisdomTemplateArn": "arn:aws:wisdom:us-east-1:000000000000:message-template/kb/t",
}
TAGS = {"Tags": [{"Key": "project", "Value": "omni"}]}


@pytest.fixture
def ask(serving, monkeypatch):
    """One request of CloudFormation for a resource: its physical id and its attributes."""
    monkeypatch.setattr(provider.boto3, "client", serving.client)

    def ask(request, kind, physical_id="", old=None, **properties):
        event = {"RequestType": request, "RequestId": "r", "StackId": "arn:x/stack/y", "LogicalResourceId": "Thing"}
        event |= {"PhysicalResourceId": physical_id, "ResourceProperties": {"SandboxType": kind, **properties}}
        return provider.fulfil({**event, "OldResourceProperties": old or {}})

    return ask


@pytest.fixture
def domain(ask):
    return ask("Create", "AWS::CustomerProfiles::Domain", **DOMAIN, DefaultExpirationDays="366", **TAGS)[0]


@pytest.mark.parametrize(
    ("kind", "properties", "physical_id"),
    [
        ("ObjectType", SCORES, "Scores"),
        ("SegmentDefinition", SEGMENT, "high"),
        ("CalculatedAttributeDefinition", {"CalculatedAttributeName": "n", "AttributeDetails": DETAILS, "Statistic": "COUNT"}, "n"),
        ("Integration", {"Uri": URI, "ObjectTypeNames": [{"Key": "Segment-Identify", "Value": "Scores"}]}, URI),
    ],
)  # fmt: skip
def test_definitions_lie_in_their_domain_from_creation_to_deletion(ask, domain, kind, properties, physical_id):
    wanted = {**DOMAIN, **properties, **TAGS}
    made, attributes = ask("Create", f"AWS::CustomerProfiles::{kind}", **wanted)

    same, _ = ask("Update", f"AWS::CustomerProfiles::{kind}", made, wanted, **wanted)
    ask("Delete", f"AWS::CustomerProfiles::{kind}", made, **wanted)
    again, _ = ask("Create", f"AWS::CustomerProfiles::{kind}", **wanted)

    assert (made, same, again) == (physical_id,) * 3
    assert "CreatedAt" in attributes


def test_a_changed_object_type_is_put_again(ask, domain, serving):
    wanted = {**DOMAIN, **SCORES}
    made, _ = ask("Create", "AWS::CustomerProfiles::ObjectType", **wanted)

    ask("Update", "AWS::CustomerProfiles::ObjectType", made, wanted, **{**wanted, "Description": "scores"})

    held = serving.client("customer-profiles").get_profile_object_type(**DOMAIN, ObjectTypeName="Scores")
    assert (held["Description"], held["Keys"]["_account"]) == ("scores", KEYS[0]["ObjectTypeKeyList"])


def test_a_campaign_is_known_by_its_arn(ask, domain, serving):
    _, segment = ask("Create", "AWS::CustomerProfiles::SegmentDefinition", **SEGMENT)
    channels = {"Email": {"OutboundMode": {"AgentlessConfig": {}}, "DefaultOutboundConfig": EMAIL, "Capacity": "1"}}
    hours = {"OpenHours": {"DailyHours": [{"Key": "MONDAY", "Value": [{"StartTime": "T08:00", "EndTime": "T20:00"}]}]}}
    wanted = {"Name": "win back", "ConnectInstanceId": "i-1", "ChannelSubtypeConfig": channels}
    wanted |= {"CommunicationTimeConfig": {"LocalTimeZoneConfig": {"DefaultTimeZone": "Europe/Berlin"}, "Email": hours}}
    limit = {"MaxCountPerRecipient": "3", "Frequency": "7", "Unit": "DAY"}
    wanted |= {"CommunicationLimitsOverride": {"AllChannelsSubtypes": {"CommunicationLimitList": [limit]}}}
    wanted |= {"Source": {"CustomerProfilesSegmentArn": segment["SegmentDefinitionArn"]}}

    made, attributes = ask("Create", "AWS::ConnectCampaignsV2::Campaign", **wanted)
    [campaign] = serving.inspect("connectcampaignsv2/campaigns")
    ask("Delete", "AWS::ConnectCampaignsV2::Campaign", made, **wanted)

    assert made == attributes["Arn"] == campaign["arn"]
    assert campaign["communicationTimeConfig"]["email"]["openHours"]["dailyHours"]["MONDAY"] == [
        {"startTime": "T08:00", "endTime": "T20:00"}
    ]
    assert campaign["communicationLimitsOverride"]["allChannelSubtypes"]["communicationLimitsList"] == [
        {"maxCountPerRecipient": 3, "frequency": 7, "unit": "DAY"}
    ]
    assert serving.inspect("connectcampaignsv2/campaigns") == []
