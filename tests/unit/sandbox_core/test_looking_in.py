"""Finding a function by a person's name for it, and reading its log."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from sandbox import inventory, logs, sync
from sandbox.errors import SandboxError
from sandbox.inventory import FUNCTION, Resource
from sandbox.status import _message

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class OneSandbox:
    """A cloud whose answers are written down."""

    environment, sandboxed = "sandbox", True

    def __init__(self, **clients):
        self.client = clients.__getitem__


def function(logical_id):
    return Resource(
        stack="omni-sandbox-onboarding", logical_id=logical_id, type=FUNCTION, id=f"omni-{logical_id}", status="CREATE_COMPLETE"
    )


@pytest.fixture
def deployed(monkeypatch):
    found = [
        function(name)
        for name in ("StageStageFileFunction1A2B3C4D", "StageOnboardingStarterFunction0A0B0C0D", "CommitCommitFilesFunctionAAAA1111")
    ]
    monkeypatch.setattr(inventory, "resources", lambda cloud: found)


@pytest.mark.parametrize(
    "name", ["stage_file", "StageFile", "stage-file", "StageStageFileFunction1A2B3C4D", "omni-StageStageFileFunction1A2B3C4D"]
)
def test_a_function_is_found_by_any_of_its_names(deployed, name):
    assert inventory.function_named(OneSandbox(), name).label == "StageStageFile"


def test_a_name_that_fits_several_functions_lists_them(deployed):
    with pytest.raises(SandboxError, match="StageStageFile, StageOnboardingStarter"):
        inventory.function_named(OneSandbox(), "Stage")


def test_a_name_that_fits_none_offers_the_nearest(deployed):
    with pytest.raises(SandboxError) as refused:
        inventory.function_named(OneSandbox(), "ComitFiles")

    assert refused.value.hint.startswith("CommitCommitFiles; deployed are")


class GrowingLog:
    """A log to which an event is added with every look at it; a look begins a little before the last one's end."""

    class exceptions:  # noqa: N801
        ResourceNotFoundException = LookupError

    def __init__(self):
        self.looks = 0

    def get_paginator(self, operation):
        return self

    def paginate(self, logGroupName, startTime):  # noqa: N803
        self.looks += 1
        events = [
            {"eventId": str(n), "logStreamName": "s", "timestamp": 1_000 * n, "message": f"word {n}\n"} for n in range(1, self.looks + 1)
        ]
        return [{"events": [event for event in events if event["timestamp"] >= startTime]}]


def test_following_a_log_tells_every_event_once(monkeypatch):
    monkeypatch.setattr(logs, "log_group", lambda cloud, name: "/aws/lambda/x")
    epoch = datetime.fromtimestamp(0, UTC)

    followed = logs.lines(OneSandbox(logs=GrowingLog()), "x", since=timedelta(0), now=epoch, follow=True, pause=lambda _: None)

    assert [line.text for line in islice(followed, 4)] == ["word 1", "word 2", "word 3", "word 4"]


def test_a_function_that_never_spoke_has_an_empty_log(monkeypatch):
    monkeypatch.setattr(logs, "log_group", lambda cloud, name: "/aws/lambda/x")

    class Silent(GrowingLog):
        def paginate(self, **_):
            raise LookupError

    assert list(logs.lines(OneSandbox(logs=Silent()), "x", since=timedelta(hours=1), now=NOW)) == []


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"errorType": "KeyError", "errorMessage": "no such column"}', "no such column"),
        ("plain words", "plain words"),
        ("", ""),
        ("[1]", "[1]"),
    ],
)
def test_a_failed_executions_cause_is_told_in_the_functions_words(cause, message):
    assert _message(cause) == message


def test_changed_code_needs_a_deployment_first(tmp_path):
    with pytest.raises(SandboxError) as refused:
        sync.deployed_package(tmp_path, function("StageStageFileFunction1A2B3C4D"))

    assert refused.value.hint == "omni deploy"
