"""The campaigns twin sends to members of Customer Profiles segments, in open hours and within limits, and keeps the states' rules."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

INSTANCE = "11111111-2222-3333-4444-555555555555"
ACCOUNT = "us-east-1:000000000000"
DOMAIN = f"arn:aws:profile:{ACCOUNT}:domains/shop"
SEGMENT = f"{DOMAIN}/segment-definitions/high"
FLOW = f"arn:aws:connect:{ACCOUNT}:instance/{INSTANCE}/contact-flow/abc:1"
TEMPLATE = f"arn:aws:wisdom:{ACCOUNT}:message-template/kb/t"
EMAIL = {"connectSourceEmailAddress": "shop@example.org", "wisdomTemplateArn": TEMPLATE}
CHANNELS = {"email": {"outboundMode": {"agentless": {}}, "defaultOutboundConfig": EMAIL}}
WHERE = {"DomainName": "shop"}
ALWAYS = [{"startTime": "T00:00", "endTime": "T24:00"}]
PAST = datetime(2020, 1, 1, tzinfo=UTC)
NOBODY = "f" * 32
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def _hours(spans, **more):
    return {"localTimeZoneConfig": {"defaultTimeZone": "Europe/Berlin"}, "email": {"openHours": {"dailyHours": spans}, **more}}


@pytest.fixture
def profiles(serving):
    client = serving.client("customer-profiles")
    client.create_domain(**WHERE, DefaultExpirationDays=366)
    bands = {"churn_band": {"DimensionType": "INCLUSIVE", "Values": ["high"]}}
    groups = {"Groups": [{"Dimensions": [{"ProfileAttributes": {"Attributes": bands}}]}]}
    client.create_segment_definition(**WHERE, SegmentDefinitionName="high", DisplayName="high", SegmentGroups=groups)
    return client


@pytest.fixture
def people(profiles):
    """Ids of one that the segment has, one without an address, one outside."""
    reachable = {"PersonalEmailAddress": "a@example.org", "Attributes": {"churn_band": "high"}}
    outside = {"PersonalEmailAddress": "b@example.org", "Attributes": {"churn_band": "low"}}
    wanted = (reachable, {"Attributes": {"churn_band": "high"}}, outside)
    return [profiles.create_profile(**WHERE, **each)["ProfileId"] for each in wanted]


@pytest.fixture
def campaigns(serving, profiles):
    client = serving.client("connectcampaignsv2")
    client.start_instance_onboarding_job(connectInstanceId=INSTANCE, encryptionConfig={"enabled": False})
    names = {"Campaign-Email": "Campaign-Email"}
    config = {"customerProfiles": {"domainArn": DOMAIN, "objectTypeNames": names}}
    client.put_connect_instance_integration(connectInstanceId=INSTANCE, integrationConfig=config)
    return client


@pytest.fixture
def create(campaigns):
    def create(**changes):
        wanted = {"name": "win back", "connectInstanceId": INSTANCE, "channelSubtypeConfig": CHANNELS, "connectCampaignFlowArn": FLOW}
        wanted |= {"source": {"customerProfilesSegmentArn": SEGMENT}, **changes}
        return campaigns.create_campaign(**wanted)["id"]

    return create


def _code(call, **members):
    with pytest.raises(ClientError) as refused:
        call(**members)
    return refused.value.response["Error"]["Code"]


def _sends(serving):
    return serving.inspect("connectcampaignsv2/sends")


def test_a_started_campaign_sends_to_whom_its_segment_has_and_a_channel_reaches(serving, campaigns, create, people):
    key = create()

    campaigns.start_campaign(id=key)

    assert campaigns.get_campaign_state(id=key)["state"] == "Running"
    assert [(each["profile"], each["channel"], each["state"], each["reason"]) for each in _sends(serving)] == [
        (people[0], "email", "sent", None),
        (people[1], "", "withheld", "no address"),
    ]


def test_a_message_waits_for_open_hours_and_is_held_and_ended_with_its_campaign(serving, campaigns, create, people):
    tomorrow = DAYS[(datetime.now(UTC) + timedelta(days=2)).weekday()]
    key = create(communicationTimeConfig=_hours({tomorrow: [{"startTime": "T08:00", "endTime": "T20:00"}]}))

    campaigns.start_campaign(id=key)
    [planned, _] = _sends(serving)
    campaigns.pause_campaign(id=key)
    [held, _] = _sends(serving)
    campaigns.resume_campaign(id=key)
    [again, _] = _sends(serving)
    campaigns.stop_campaign(id=key)
    [ended, _] = _sends(serving)

    assert datetime.fromisoformat(planned["at"]) > datetime.now(UTC)
    assert [each["state"] for each in (planned, held, again, ended)] == ["planned", "held", "planned", "withheld"]
    assert ended["reason"] == "campaign stopped"


def test_a_restricted_period_keeps_it_from_sending_at_all(serving, campaigns, create, people):
    closed = {"restrictedPeriodList": [{"startDate": "2000-01-01", "endDate": "2999-12-31"}]}
    key = create(communicationTimeConfig=_hours(dict.fromkeys(DAYS, ALWAYS), restrictedPeriods=closed))

    campaigns.start_campaign(id=key)

    assert _sends(serving)[0]["reason"] == "never open"


def test_limits_count_over_all_campaigns_of_the_instance(serving, campaigns, create, people):
    limits = {"allChannelSubtypes": {"communicationLimitsList": [{"maxCountPerRecipient": 1, "frequency": 7, "unit": "DAY"}]}}
    for name in ("first", "second"):
        campaigns.start_campaign(id=create(name=name, communicationLimitsOverride=limits))

    outcomes = [(each["name"], each["state"], each["reason"]) for each in _sends(serving) if each["profile"] == people[0]]

    assert outcomes == [("first", "sent", None), ("second", "withheld", "communication limit")]


def test_a_request_for_one_profile_is_sent_once_by_its_token(serving, campaigns, create, people):
    key = create(source={"eventTrigger": {"customerProfilesDomainArn": DOMAIN}})
    campaigns.start_campaign(id=key)
    past = datetime.now(UTC) - timedelta(hours=1)
    items = [{"clientToken": "a", "profileId": people[2]}, {"clientToken": "b", "profileId": NOBODY}]
    items += [{"clientToken": "c", "profileId": people[0], "expirationTime": past}]

    first = campaigns.put_profile_outbound_request_batch(id=key, profileOutboundRequests=items)
    changed = [{"clientToken": "a", "profileId": people[0]}]
    second = campaigns.put_profile_outbound_request_batch(id=key, profileOutboundRequests=[items[0]])
    third = campaigns.put_profile_outbound_request_batch(id=key, profileOutboundRequests=changed)

    assert first["successfulRequests"] == second["successfulRequests"]
    assert [(each["clientToken"], each["failureCode"]) for each in (*first["failedRequests"], *third["failedRequests"])] == [
        ("b", "ResourceNotFound"),
        ("c", "InvalidInput"),
        ("a", "Conflict"),
    ]
    assert [each["profile"] for each in _sends(serving)] == [people[2]]


def test_items_fail_by_plan_and_too_many_are_refused(serving, campaigns, create, people):
    key = create()
    campaigns.start_campaign(id=key)
    serving.configure(
        "connectcampaignsv2", answers=[{"operation": "PutProfileOutboundRequestBatch", "fail_items": 1, "code": "RequestThrottled"}]
    )
    items = [{"clientToken": str(number), "profileId": people[0]} for number in range(21)]

    answer = campaigns.put_profile_outbound_request_batch(id=key, profileOutboundRequests=items[:2])

    assert [each["clientToken"] for each in answer["successfulRequests"]] == ["1"]
    assert answer["failedRequests"] == [{"clientToken": "0", "failureCode": "RequestThrottled"}]
    assert _code(campaigns.put_profile_outbound_request_batch, id=key, profileOutboundRequests=items) == "ValidationException"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"connectCampaignFlowArn": FLOW.removesuffix(":1")}, "ValidationException"),
        ({"source": {"customerProfilesSegmentArn": f"{SEGMENT}er"}}, "ResourceNotFoundException"),
        ({"source": {"customerProfilesSegmentArn": DOMAIN}}, "ValidationException"),
        ({"schedule": {"startTime": PAST, "endTime": PAST + timedelta(days=1)}}, "ValidationException"),
        ({"communicationTimeConfig": {"localTimeZoneConfig": {"defaultTimeZone": "Mars"}}}, "ValidationException"),
        ({"communicationTimeConfig": _hours({"MONDAY": [{"startTime": "T21:00", "endTime": "T08:00"}]})}, "ValidationException"),
        ({"channelSubtypeConfig": {}}, "ValidationException"),
    ],
)
def test_a_campaign_that_could_not_run_is_refused(create, changes, code):
    assert _code(create, **changes) == code


def test_each_state_allows_its_own_next_steps(campaigns, create):
    key = create()
    refused = [_code(getattr(campaigns, f"{action}_campaign"), id=key) for action in ("pause", "resume", "stop")]
    campaigns.start_campaign(id=key)
    refused.append(_code(campaigns.start_campaign, id=key))
    campaigns.stop_campaign(id=key)
    refused.append(_code(campaigns.resume_campaign, id=key))
    refused.append(_code(campaigns.update_campaign_flow_association, id=key, connectCampaignFlowArn=FLOW))

    assert refused == ["InvalidCampaignStateException"] * 6
    assert campaigns.get_campaign_state_batch(campaignIds=[key, "none"]) | {"ResponseMetadata": None} == {
        "ResponseMetadata": None,
        "successfulRequests": [{"campaignId": key, "state": "Stopped"}],
        "failedRequests": [{"campaignId": "none", "failureCode": "ResourceNotFound"}],
    }


def test_a_campaign_whose_schedule_is_over_is_completed(serving, campaigns, create, monkeypatch):
    now = datetime.now(UTC)
    key = create(schedule={"startTime": now, "endTime": now + timedelta(hours=1)})
    campaigns.start_campaign(id=key)

    object.__setattr__(serving.twins.context("connectcampaignsv2"), "now", lambda: now + timedelta(hours=2))

    assert campaigns.get_campaign_state(id=key)["state"] == "Completed"


def test_an_instance_must_be_set_up_before_a_campaign_starts(campaigns, create):
    key = create(connectInstanceId="other")

    assert _code(campaigns.start_campaign, id=key) == "ValidationException"


def test_campaigns_are_described_changed_listed_and_deleted(campaigns, create):
    key = create()
    arn = campaigns.describe_campaign(id=key)["campaign"]["arn"]

    campaigns.update_campaign_name(id=key, name="renewal")
    described = campaigns.describe_campaign(id=arn)["campaign"]
    listed = campaigns.list_campaigns(filters={"instanceIdFilter": {"value": INSTANCE, "operator": "Eq"}})["campaignSummaryList"]
    campaigns.delete_campaign(id=key)

    assert (described["name"], described["type"]) == ("renewal", "MANAGED")
    assert [(each["name"], each["channelSubtypes"]) for each in listed] == [("renewal", ["EMAIL"])]
    assert _code(campaigns.describe_campaign, id=key) == "ResourceNotFoundException"


def test_an_instances_set_up_is_told_and_taken_back(campaigns, create):
    create()
    status = campaigns.get_instance_onboarding_job_status(connectInstanceId=INSTANCE)["connectInstanceOnboardingJobStatus"]["status"]
    config = campaigns.get_connect_instance_config(connectInstanceId=INSTANCE)["connectInstanceConfig"]
    refused = _code(campaigns.delete_connect_instance_config, connectInstanceId=INSTANCE)
    campaigns.delete_connect_instance_integration(
        connectInstanceId=INSTANCE, integrationIdentifier={"customerProfiles": {"domainArn": DOMAIN}}
    )
    campaigns.delete_connect_instance_config(connectInstanceId=INSTANCE, campaignDeletionPolicy="DELETE_ALL")

    assert (status, config["encryptionConfig"], refused) == ("SUCCEEDED", {"enabled": False}, "InvalidStateException")
    assert campaigns.list_connect_instance_integrations(connectInstanceId=INSTANCE)["integrationSummaryList"] == []
    assert campaigns.list_campaigns()["campaignSummaryList"] == []
