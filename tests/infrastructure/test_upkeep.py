"""What the nightly state machine sends is what the committer understands."""

import json
from typing import Any

import pytest
from jsonata.jsonata import Jsonata

from omnichannel.contracts.trusted import Compact, Expire, Retain, request_of
from omnichannel.onboarding.schema import TABLES
from tests.infrastructure.cloud import Cloud

NIGHT = "night-1"


def value(expression: str, states: dict[str, Any]) -> Any:
    """What a JSONata expression of a state gives."""
    compiled = Jsonata(expression.removeprefix("{%").removesuffix("%}"))
    compiled.assign("states", states)
    return compiled.evaluate({})


@pytest.fixture
def upkeep(on: Cloud) -> dict[str, Any]:
    """The state machine's one state, which goes through the tables."""
    state: dict[str, Any] = machine_of(on)["States"]["Tables"]
    return state


def machine_of(cloud: Cloud) -> dict[str, Any]:
    """The nightly state machine's definition."""
    (machine,) = (m for m in cloud.all("AWS::StepFunctions::StateMachine") if m.id.startswith("CommitUpkeepAsk"))
    return cloud.machine(machine)


def test_every_table_is_compacted_then_expired_in_its_group(upkeep: dict[str, Any]):
    expected = {name: [Compact.of(NIGHT, name), Expire.of(NIGHT, name, days=7)] for name in TABLES}
    sent: dict[str, list[Any]] = {}

    for item in value(upkeep["Items"], {}):
        context = {"Execution": {"Name": NIGHT}, "Map": {"Item": {"Value": item}}}
        given = {name: value(expression, {"context": context}) for name, expression in upkeep["ItemSelector"].items()}
        for step in ("Compact", "Expire"):
            message = upkeep["ItemProcessor"]["States"][step]["Arguments"]
            told = {name: value(message[name], {"input": given, "context": context}) for name in message if name != "QueueUrl"}
            request = request_of(json.loads(told["MessageBody"]))
            assert told["MessageGroupId"] == request.dataset
            sent.setdefault(request.table, []).append((request, told["MessageDeduplicationId"]))

    assert {table: [request for request, _ in requests] for table, requests in sent.items()} == expected
    assert len({once for requests in sent.values() for _, once in requests}) == 2 * len(TABLES)


def test_superseded_consents_are_asked_for_first(on: Cloud):
    definition = machine_of(on)
    message = definition["States"]["Retain"]["Arguments"]
    told = {name: value(message[name], {"context": {"Execution": {"Name": NIGHT}}}) for name in message if name != "QueueUrl"}

    assert (definition["StartAt"], definition["States"]["Retain"]["Next"]) == ("Retain", "Tables")
    assert request_of(json.loads(told["MessageBody"])) == Retain.of(NIGHT, years=5)
    assert told["MessageGroupId"] == "consents"


def test_without_years_no_consent_is_deleted(off: Cloud):
    assert list(machine_of(off)["States"]) == ["Tables"]
