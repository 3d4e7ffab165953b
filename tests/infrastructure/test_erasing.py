"""How an erasure ends that cannot prove: within so many rounds, and with what was found where."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from aws_cdk import Duration
from jsonata.jsonata import Jsonata

from stacks import erasing
from stacks.components.function import Function

FOUND = {"items": 9, "found": 2, "found in trusted/identity_links": 2}


@pytest.fixture
def states() -> dict[str, Any]:
    some = cast(Function, SimpleNamespace(function=SimpleNamespace(function_arn="arn"), timeout=Duration.minutes(15)))
    machine = erasing.definition(subject=some, state=some, objects=some, proof=some, sinks=some, commits="https://queue")
    assert machine["TimeoutSeconds"] == erasing.TWO_DAYS
    return cast(dict[str, Any], machine["States"])


def value(expression: str, found: dict[str, int], round: int) -> Any:
    """What a JSONata expression of a state gives behind a proof."""
    compiled = Jsonata(expression.removeprefix("{%").removesuffix("%}"))
    compiled.assign("states", {"input": found})
    compiled.assign("round", round)
    return compiled.evaluate(None)


def after(states: dict[str, Any], found: dict[str, int], round: int) -> str:
    """The state that follows a proof."""
    proven = states["Proven?"]
    return next((str(rule["Next"]) for rule in proven["Choices"] if value(rule["Condition"], found, round)), str(proven["Default"]))


def test_rounds_follow_each_other_until_the_proof_finds_nothing_or_six_have_found_something(states: dict[str, Any]) -> None:
    rounds = range(1, erasing.ROUNDS + 1)

    assert [after(states, FOUND, number) for number in rounds] == ["Settle"] * 5 + ["NotProven"]
    assert {after(states, {"found": 0}, number) for number in rounds} == {"LookAtSinks"}


def test_an_erasure_that_cannot_prove_says_what_was_found_where(states: dict[str, Any]) -> None:
    cause = value(states["NotProven"]["Cause"], FOUND, erasing.ROUNDS)

    assert states["NotProven"]["Type"] == "Fail"
    assert cause.startswith("After 6 rounds something still names the person: ")
    assert '"found in trusted/identity_links":2' in cause
