"""Playing the bus's archive again."""

from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from sandbox.errors import SandboxError
from sandbox.flow.event_commands import follow, moment, start

FIRST, END = datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def events():
    with mock_aws():
        yield boto3.client("events", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")


@pytest.fixture
def archive(events):
    bus = events.create_event_bus(Name="omni")["EventBusArn"]
    return bus, events.create_archive(ArchiveName="all", EventSourceArn=bus)["ArchiveArn"]


def test_the_archive_of_these_hours_goes_to_the_bus_that_it_is_of(events, archive):
    bus, arn = archive

    name = start(events, arn, FIRST, END)

    replay = events.describe_replay(ReplayName=name)
    assert (replay["EventSourceArn"], replay["Destination"]["Arn"]) == (arn, bus)
    assert (replay["EventStartTime"], replay["EventEndTime"]) == (FIRST, END)
    assert follow(events, name) == "completed"


def test_hours_that_end_before_they_begin_are_refused(events, archive):
    with pytest.raises(SandboxError, match="is not after"):
        start(events, archive[1], END, FIRST)


def test_an_archive_that_is_not_there_is_told_in_the_services_words(events):
    with pytest.raises(SandboxError, match="does not exist"):
        start(events, "arn:aws:events:us-east-1:123456789012:archive/none", FIRST, END)


class Failing:
    def describe_replay(self, **_):
        return {"State": "FAILED", "StateReason": "the bus is gone"}


def test_a_replay_that_failed_is_an_error():
    with pytest.raises(SandboxError, match="the bus is gone"):
        follow(Failing(), "omni-1")


def test_a_moment_is_in_utc_where_it_says_no_other_zone():
    assert moment("2026-03-01T10:00", "--from") == FIRST == moment("2026-03-01T11:00+01:00", "--from")
    with pytest.raises(SandboxError, match="is no moment"):
        moment("yesterday", "--from")
