"""The way back to Segment: held back, paced, off unless asked for, and refused where it cannot work."""

import pytest

from stacks.settings import Settings, SettingsError
from tests.infrastructure.cloud import Cloud, Resource

RELAY = "lambdas.segment_relay.handler"


def relays(cloud: Cloud) -> list[Resource]:
    return [each for each in cloud.all("AWS::Lambda::Function") if each.properties["Handler"] == RELAY]


def test_it_is_off_unless_it_is_turned_on(off: Cloud, on: Cloud):
    assert relays(off) == []
    assert len(relays(on)) == 1


def test_changes_wait_for_the_debounce_and_outlive_four_hours_without_segment(on: Cloud):
    [queue] = [each for each in on.all("AWS::SQS::Queue") if each.properties.get("DelaySeconds")]

    assert queue.properties["DelaySeconds"] == 60
    assert queue.properties["RedrivePolicy"]["maxReceiveCount"] >= 20


def test_its_consumers_share_a_fifth_of_the_rate_and_runs_have_the_rest(on: Cloud):
    [relay] = relays(on)
    [bridge] = [each for each in on.all("AWS::Lambda::Function") if each.properties["Handler"] == "lambdas.segment_bridge.handler"]
    scaled = [each for each in on.all("AWS::Lambda::EventSourceMapping") if "ScalingConfig" in each.properties]

    assert [each.properties["ScalingConfig"] for each in scaled] == [{"MaximumConcurrency": 2}]
    assert relay.properties["Environment"]["Variables"]["EVENTS_PER_SECOND"] == "50"
    assert bridge.properties["Environment"]["Variables"]["EVENTS_PER_SECOND"] == "400"
    assert bridge.properties["Environment"]["Variables"]["LIVE"] == "on"


@pytest.mark.parametrize("knobs", [{"segment": "off"}, {"segment": "on", "segment_sink": "files"}])
def test_it_needs_segments_api(knobs: dict[str, str]):
    with pytest.raises(SettingsError, match="segment_live=on needs Segment's API"):
        Settings.of({"segment_live": "on", **knobs})


@pytest.mark.parametrize("knob", [{"segment_live_seconds": "901"}, {"segment_live_percent": "0"}])
def test_a_wait_or_a_share_that_cannot_be_is_refused(knob: dict[str, str]):
    with pytest.raises(SettingsError, match=next(iter(knob))):
        Settings.of({"segment": "on", "segment_live": "on", **knob})


def test_personalize_may_be_told_of_items_and_users_of_one_data_set_each(on: Cloud):
    statements = [each for policy in on.all("AWS::IAM::Policy") for each in policy.properties["PolicyDocument"]["Statement"]]
    told = {
        str(each["Action"]): each["Resource"] for each in statements if each["Action"] in ("personalize:PutItems", "personalize:PutUsers")
    }

    assert len(told) == 2
    assert "*" not in told.values()
