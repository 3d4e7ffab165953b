"""After the whole loop: nothing that names a person stands where people and machines look after the machinery."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from sandbox.inventory import FUNCTION, QUEUE, STATE_MACHINE, resources
from tests.end_to_end.conftest import Demo

PERSONAL = ("email", "phone", "loyalty_card", "last_name")
LEAST = 6
"""A shorter value stands in other words by chance."""


@pytest.fixture(scope="module")
def names(demo: Demo) -> set[str]:
    """Every e-mail address, phone number, card and last name of the shop's customers that is long enough to be sure."""
    found: set[str] = set()
    for path in (demo.directory / "shop" / "landing" / "dms" / "crm" / "customers").glob("*.csv"):
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            found |= {row[name] for row in csv.DictReader(file) for name in PERSONAL if len(row.get(name) or "") >= LEAST}
    assert len(found) > 1000
    return {name for name in found if "@" in name or not name.isalpha()}


def told(texts: Iterable[str], names: set[str]) -> list[str]:
    """Which texts have a name in them; only their beginnings, since this is read in a terminal."""
    return [text[:80] for text in texts if any(name in text for name in names)]


def test_no_function_says_who_somebody_is(demo: Demo, names: set[str]) -> None:
    groups = {_group(demo, each.id) for each in resources(demo.cloud) if each.type == FUNCTION}

    texts = [text for group in sorted(groups) for text in _log(demo.cloud.client("logs"), group)]

    assert len(groups) > 15
    assert texts
    assert told(texts, names) == []


def test_no_execution_carries_who_somebody_is(demo: Demo, names: set[str]) -> None:
    machines = [each.id for each in resources(demo.cloud) if each.type == STATE_MACHINE]

    texts = [text for machine in machines for text in _executions(demo.cloud.client("stepfunctions"), machine)]

    assert texts
    assert told(texts, names) == []


def test_no_dead_letter_has_who_somebody_is_in_its_attributes(demo: Demo, names: set[str]) -> None:
    sqs = demo.cloud.client("sqs")
    queues = [each.id for each in resources(demo.cloud) if each.type == QUEUE]

    attributes = [
        str({**message.get("Attributes", {}), **message.get("MessageAttributes", {})})
        for queue in queues
        for message in sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"], VisibilityTimeout=0
        ).get("Messages", ())
    ]

    assert len(queues) > 8
    assert told(attributes, names) == []


def _group(demo: Demo, function: str) -> str:
    configuration = demo.cloud.client("lambda").get_function_configuration(FunctionName=function)
    return str(configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")


def _log(logs: Any, group: str) -> Iterator[str]:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
        yield from (event["message"] for event in page["events"])


def _executions(states: Any, machine: str) -> Iterator[str]:
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for execution in page["executions"]:
            described = states.describe_execution(executionArn=execution["executionArn"])
            yield from (str(described.get(part, "")) for part in ("name", "input", "output", "error", "cause"))
