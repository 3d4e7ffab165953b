"""Campaigns and journeys of the Pinpoint twin: whom they would write to, who is held out, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

PEOPLE = 60
WRITTEN = {"MessageConfiguration": {"EmailMessage": {"Title": "Hello"}}}
NOW = {"StartTime": "IMMEDIATE"}
BY_EVENT = {**NOW, "Frequency": "EVENT"}
ALL_DAY = {"Start": "00:00", "End": "23:59"}


@pytest.fixture
def pinpoint(serving):
    return serving.client("pinpoint")


@pytest.fixture
def app(pinpoint):
    return pinpoint.create_app(CreateApplicationRequest={"Name": "omni"})["ApplicationResponse"]["Id"]


@pytest.fixture
def endpoint(pinpoint, app):
    def endpoint(key, band="high", **changes):
        wanted = {"Id": key, "ChannelType": "EMAIL", "Address": f"{key}@example.org", "User": {"UserId": f"u-{key}"}}
        wanted |= {"Attributes": {"churn_band": [band]}, **changes}
        pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": [wanted]})

    return endpoint


@pytest.fixture
def segment(pinpoint, app):
    def segment(*bands):
        dimensions = {"Attributes": {"churn_band": {"AttributeType": "INCLUSIVE", "Values": list(bands)}}}
        wanted = {"Name": "-".join(bands), "Dimensions": dimensions}
        return pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest=wanted)["SegmentResponse"]["Id"]

    return segment


@pytest.fixture
def campaign(pinpoint, app, segment):
    def campaign(**changes):
        wanted = {"Name": "win back", "SegmentId": segment("high"), "Schedule": NOW, **WRITTEN, **changes}
        return pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=wanted)["CampaignResponse"]

    return campaign


@pytest.fixture
def journey(pinpoint, app, segment):
    pinpoint.create_email_template(TemplateName="offer", EmailTemplateRequest={"Subject": "Hello", "TextPart": "Hi"})

    def journey(activities, **changes):
        start = {"SegmentStartCondition": {"SegmentId": segment("high")}}
        wanted = {"Name": "win back", "State": "ACTIVE", "StartActivity": "a", "StartCondition": start, "Activities": activities, **changes}
        return pinpoint.create_journey(ApplicationId=app, WriteJourneyRequest=wanted)["JourneyResponse"]["Id"]

    return journey


def _mail(following=None):
    return {"EMAIL": {"TemplateName": "offer", **({"NextActivity": following} if following else {})}}


def _to(serving, **equal):
    return [each["endpoint"] for each in serving.inspect("pinpoint/sends") if all(each.get(key) == value for key, value in equal.items())]


def _code(call, *arguments, **members):
    with pytest.raises(ClientError) as refused:
        call(*arguments, **members)
    return refused.value.response["Error"]["Code"]


def test_a_campaign_writes_to_the_reachable_members_of_its_segment(serving, endpoint, campaign):
    endpoint("a")
    endpoint("b", "low")
    endpoint("c", OptOut="ALL")
    endpoint("d", ChannelType="SMS", Address="+4912345678")

    made = campaign()

    [sent] = serving.inspect("pinpoint/sends")
    assert made["State"]["CampaignStatus"] == "COMPLETED"
    assert {name: sent[name] for name in ("endpoint", "user", "channel", "campaign", "state")} == {
        "endpoint": "a",
        "user": "u-a",
        "channel": "EMAIL",
        "campaign": made["Id"],
        "state": "sent",
    }


def test_who_is_held_out_is_not_written_to(serving, endpoint, campaign):
    people = {f"e{number}" for number in range(PEOPLE)}
    for each in people:
        endpoint(each)
    treatment = {"SizePercent": 30, "TreatmentName": "b", **WRITTEN, "Schedule": NOW}

    made = campaign(HoldoutPercent=40, AdditionalTreatments=[treatment])
    nobody = campaign(HoldoutPercent=100)

    reached, other = _to(serving, campaign=made["Id"]), made["AdditionalTreatments"][0]["Id"]
    assert len(reached) == len(set(reached))
    assert 0 < len(reached) < PEOPLE
    assert 0 < len(_to(serving, treatment=other)) < len(reached)
    assert _to(serving, campaign=nobody["Id"]) == []


def test_a_campaign_waits_for_its_start_and_while_it_is_paused(serving, pinpoint, app, endpoint, campaign):
    endpoint("a")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later, paused, draft = (
        campaign(Schedule={"StartTime": tomorrow}),
        campaign(IsPaused=True),
        campaign(Schedule=BY_EVENT),
    )
    waiting = [each["State"]["CampaignStatus"] for each in (later, paused, draft)]
    before = _to(serving)

    pinpoint.update_campaign(ApplicationId=app, CampaignId=paused["Id"], WriteCampaignRequest={"IsPaused": False})

    assert (waiting, before) == (["SCHEDULED", "PAUSED", "SCHEDULED"], [])
    assert _to(serving) == ["a"]


def test_quiet_time_where_the_endpoint_is_keeps_it_from_writing(serving, endpoint, campaign):
    endpoint("a", Demographic={"Timezone": "Europe/Berlin"})
    endpoint("b")

    campaign(Schedule={**NOW, "QuietTime": ALL_DAY})

    assert _to(serving) == ["b"]


def test_a_campaign_is_shown_listed_and_deleted(serving, pinpoint, app, endpoint, campaign):
    endpoint("a")
    pinpoint.create_email_template(TemplateName="offer", EmailTemplateRequest={"Subject": "s"})
    made = campaign(MessageConfiguration={}, TemplateConfiguration={"EmailTemplate": {"Name": "offer"}})
    where = {"ApplicationId": app, "CampaignId": made["Id"]}

    shown = pinpoint.get_campaign(**where)["CampaignResponse"]
    listed = pinpoint.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]
    gone = pinpoint.delete_campaign(**where)["CampaignResponse"]

    assert (shown["Name"], shown["Version"], [each["Id"] for each in listed]) == ("win back", 1, [made["Id"]])
    assert gone["State"]["CampaignStatus"] == "DELETED"
    assert _code(pinpoint.get_campaign, **where) == "NotFoundException"
    assert [each["template"] for each in serving.inspect("pinpoint/sends")] == ["offer"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SegmentId": "none"}, "NotFoundException"),
        ({"HoldoutPercent": 101}, "BadRequestException"),
        ({"MessageConfiguration": {}}, "BadRequestException"),
        ({"TemplateConfiguration": {"EmailTemplate": {"Name": "none"}}}, "BadRequestException"),
        ({"Schedule": {"StartTime": "soon"}}, "BadRequestException"),
    ],
)
def test_a_campaign_that_could_not_run_is_refused(campaign, changes, code):
    assert _code(campaign, **changes) == code


def test_a_journey_holds_out_splits_by_condition_and_writes(serving, endpoint, journey, segment):
    people = [f"e{number}" for number in range(PEOPLE)]
    for number, each in enumerate(people):
        endpoint(each, Metrics={"propensity": number})
    rich = {"Metrics": {"propensity": {"ComparisonOperator": "GREATER_THAN_OR_EQUAL", "Value": PEOPLE / 2}}}
    split = {"Condition": {"Conditions": [{"SegmentDimensions": rich}]}, "TrueActivity": "c", "FalseActivity": "d"}

    key = journey({"a": {"Holdout": {"Percentage": 50, "NextActivity": "b"}}, "b": {"ConditionalSplit": split}, "c": _mail(), "d": _mail()})

    reached, rich_ones = _to(serving, journey=key), _to(serving, activity="c")
    assert 0 < len(reached) < PEOPLE
    assert set(rich_ones) == set(reached) & set(people[PEOPLE // 2 :])


def test_a_random_split_sends_everybody_one_way(serving, endpoint, journey):
    for number in range(PEOPLE):
        endpoint(f"e{number}")
    branches = [{"Percentage": 30, "NextActivity": "b"}, {"Percentage": 70, "NextActivity": "c"}]

    journey({"a": {"RandomSplit": {"Branches": branches}}, "b": _mail(), "c": _mail()})

    ways = [set(_to(serving, activity=each)) for each in ("b", "c")]
    assert all(ways)
    assert (ways[0] & ways[1], len(ways[0] | ways[1])) == (set(), PEOPLE)


def test_what_comes_after_a_wait_is_planned_held_and_cancelled(serving, pinpoint, app, endpoint, journey):
    endpoint("a")
    key = journey({"a": _mail("b"), "b": {"Wait": {"WaitTime": {"WaitFor": "P1D"}, "NextActivity": "c"}}, "c": _mail()})

    def states(state=None):
        if state:
            pinpoint.update_journey_state(ApplicationId=app, JourneyId=key, JourneyStateRequest={"State": state})
        return sorted(each["state"] for each in serving.inspect("pinpoint/sends"))

    assert [states(), states("PAUSED"), states("ACTIVE"), states("CANCELLED")] == [
        ["planned", "sent"],
        ["held", "sent"],
        ["planned", "sent"],
        ["cancelled", "sent"],
    ]


def test_in_quiet_time_a_journey_waits_when_it_is_told_to(serving, endpoint, journey):
    endpoint("a", Demographic={"Timezone": "Europe/Berlin"})
    journey({"a": _mail()}, QuietTime=ALL_DAY, WaitForQuietTime=True)
    journey({"a": _mail()}, QuietTime=ALL_DAY)

    assert [each["state"] for each in serving.inspect("pinpoint/sends")] == ["planned"]


@pytest.mark.parametrize(
    ("activities", "changes"),
    [
        ({"b": _mail()}, {}),
        ({"a": _mail("none")}, {}),
        ({"a": {"EMAIL": {"TemplateName": "none"}}}, {}),
        ({"a": {"RandomSplit": {"Branches": [{"Percentage": 60, "NextActivity": "a"}]}}}, {}),
        ({"a": {"Holdout": {"Percentage": 101}}}, {}),
        ({"a": _mail()}, {"StartCondition": {}}),
    ],
)
def test_a_journey_that_could_not_be_walked_is_refused(journey, activities, changes):
    assert _code(journey, activities, **changes) == "BadRequestException"


def test_a_journey_is_drafted_changed_started_once_and_deleted(serving, pinpoint, app, endpoint, journey):
    endpoint("a")
    where = {"ApplicationId": app, "JourneyId": journey({}, State="DRAFT")}
    current = pinpoint.get_journey(**where)["JourneyResponse"]
    pinpoint.update_journey(**where, WriteJourneyRequest={"Name": "renewal", "Activities": {"a": _mail()}})
    started = pinpoint.update_journey_state(**where, JourneyStateRequest={"State": "ACTIVE"})["JourneyResponse"]
    refused = _code(pinpoint.update_journey, **where, WriteJourneyRequest={"Name": "x"})
    again = _code(pinpoint.update_journey_state, **where, JourneyStateRequest={"State": "ACTIVE"})
    pinpoint.delete_journey(**where)

    assert (current["State"], started["State"], started["Name"]) == ("DRAFT", "ACTIVE", "renewal")
    assert (refused, again) == ("ConflictException", "BadRequestException")
    assert (_to(serving), pinpoint.list_journeys(ApplicationId=app)["JourneysResponse"]["Item"]) == (["a"], [])


@pytest.mark.parametrize(
    ("kind", "member", "content"),
    [
        ("email", "EmailTemplate", {"Subject": "s", "TextPart": "t"}),
        ("sms", "SMSTemplate", {"Body": "b"}),
        ("push", "PushNotificationTemplate", {"Default": {"Title": "t", "Body": "b"}}),
    ],
)
def test_templates_are_made_changed_shown_and_deleted(pinpoint, kind, member, content):
    name = {"TemplateName": "offer"}
    make, update, get, delete = (getattr(pinpoint, f"{verb}_{kind}_template") for verb in ("create", "update", "get", "delete"))
    make(**name, **{f"{member}Request": content})
    twice = _code(make, **name, **{f"{member}Request": content})
    update(**name, **{f"{member}Request": {"TemplateDescription": "d"}})

    shown = get(**name)[f"{member}Response"]
    delete(**name)

    assert shown | content | {"TemplateDescription": "d", "TemplateType": kind.upper()} == shown
    assert (twice, _code(get, **name)) == ("BadRequestException", "NotFoundException")


def test_a_deleted_user_is_in_no_list_of_sends(serving, pinpoint, app, endpoint, campaign):
    endpoint("a")
    endpoint("b")
    campaign()

    pinpoint.delete_user_endpoints(ApplicationId=app, UserId="u-a")

    assert _to(serving) == ["b"]
