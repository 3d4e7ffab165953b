"""How live events get in, who hears of which, and for how long a consumer may be away."""

import json

from omnichannel.contracts.consent import PREFERENCE_EVENT
from omnichannel.playbook.interactions import forwarded, interactions
from stacks.events import RELAY_OUTAGE, RELAY_TRIES
from tests.infrastructure.cloud import Cloud, Resource
from tests.infrastructure.conftest import ALL_ON


def function(cloud: Cloud, module: str) -> Resource:
    [found] = [each for each in cloud.all("AWS::Lambda::Function") if each.properties["Handler"] == f"lambdas.{module}.handler"]
    return found


def test_every_door_forwards_what_a_consumer_knows_and_nothing_else(on: Cloud):
    for module in ("event_door", "event_destination", "event_source"):
        names = function(on, module).properties["Environment"]["Variables"]["FORWARDED"]
        assert json.loads(names) == list(forwarded())
    assert {*interactions().names, PREFERENCE_EVENT} < set(forwarded())


def test_the_partner_bus_hands_on_what_is_wanted(on: Cloud):
    [bus] = [each for each in on.all("AWS::Events::EventBus") if "EventSourceName" in each.properties]
    [rule] = [
        each for each in on.all("AWS::Events::Rule") if each.properties["EventPattern"].get("source") == [ALL_ON["segment_event_source"]]
    ]

    assert bus.properties["EventSourceName"] == bus.properties["Name"] == ALL_ON["segment_event_source"]
    assert bus.name.rpartition("/")[2] in json.dumps(rule.properties["EventBusName"])
    assert rule.properties["EventPattern"]["detail"]["event"] == list(forwarded())


def test_an_event_outlives_two_hours_without_personalize_in_the_relays_queue(on: Cloud):
    [queue] = [each for each in on.all("AWS::SQS::Queue") if "Interactions" in each.name and "RedrivePolicy" in each.properties]
    tries, unseen = queue.properties["RedrivePolicy"]["maxReceiveCount"], queue.properties["VisibilityTimeout"]

    # The first try is at once, the last after every wait between.
    assert tries == RELAY_TRIES
    assert (tries - 1) * unseen >= RELAY_OUTAGE.to_seconds() >= 2 * 3600
    assert tries * unseen < queue.properties["MessageRetentionPeriod"]


def test_the_relay_hears_the_events_of_the_playbook(on: Cloud):
    patterns = [each.properties["EventPattern"] for each in on.all("AWS::Events::Rule")]

    assert {"source": ["omnichannel.events"], "detail": {"name": sorted(interactions().names)}} in patterns
