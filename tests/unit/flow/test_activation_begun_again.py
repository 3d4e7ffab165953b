"""An activation that had broken off: when `omni run` begins it again, and when another way goes on."""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from omnichannel.contracts.scores import Model
from sandbox.errors import SandboxError
from sandbox.flow import activate, activations, executions

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:activate"
INPUT = {"run": "a1b2", "as_of": "2026-11-01", "manifests": {"churn": "c", "repurchase": "r"}}
RUNS: Any = {Model.CHURN: SimpleNamespace(key="c"), Model.REPURCHASE: SimpleNamespace(key="r")}


class Machines:
    """Step Functions as far as this asks it: executions, the newest first; a name is taken for good."""

    class exceptions:  # noqa: N801 - as boto3 names it
        class ExecutionDoesNotExist(Exception):
            """No execution has the name."""

    def __init__(self, status: str, error: str) -> None:
        self.held = [self._execution("a-a1b2", INPUT, status, error)]

    def _execution(self, name: str, input: dict[str, Any], status: str, error: str = "") -> dict[str, Any]:
        arn = executions.arn_of(MACHINE, name)
        return {"executionArn": arn, "name": name, "status": status, "input": json.dumps(input), "error": error, "cause": "said so"}

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{"executions": list(self.held)}])

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        found = [each for each in self.held if each["executionArn"] == executionArn]
        if not found:
            raise self.exceptions.ExecutionDoesNotExist
        return found[0]

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        assert stateMachineArn == MACHINE
        self.held.insert(0, self._execution(name, json.loads(input), "RUNNING"))
        return self.held[0]


def found(machines: Machines, said: list[str] | None = None) -> executions.Execution:
    cloud: Any = SimpleNamespace(client=lambda _: machines, deployment=SimpleNamespace(activation_state_machine=MACHINE))
    return activate.activation_of(cloud, date(2026, 11, 1), RUNS, (said if said is not None else []).append)


@pytest.fixture(autouse=True)
def no_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "runs", lambda _: [])


@pytest.mark.parametrize(("status", "error"), [("FAILED", "OSError"), ("TIMED_OUT", "States.Timeout"), ("ABORTED", "")])
def test_one_that_broke_off_without_an_account_is_begun_again_and_says_why(status: str, error: str) -> None:
    machines, said = Machines(status, error), list[str]()

    again = found(machines, said)

    assert (again.name, again.status, again.input) == ("a-a1b2-again-1", "RUNNING", INPUT)
    assert f"{status} {error}: said so" in said[-1]


def test_one_that_broke_off_twice_gets_another_name() -> None:
    machines = Machines("FAILED", "OSError")
    found(machines)
    machines.held[0] |= {"status": "FAILED", "error": "OSError"}

    assert found(machines).name == "a-a1b2-again-2"


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_one_that_runs_or_has_succeeded_is_followed(status: str) -> None:
    machines = Machines(status, "")

    assert found(machines).name == "a-a1b2"
    assert len(machines.held) == 1


@pytest.mark.parametrize("error", activate.DECIDED)
def test_what_was_decided_is_not_asked_again(error: str) -> None:
    assert found(Machines("FAILED", error)).name == "a-a1b2"


@pytest.mark.parametrize(("error", "way"), [("OSError", "the same command once more"), ("SinkFailed", "omni replay a1b2")])
def test_a_failure_says_how_to_go_on(error: str, way: str) -> None:
    machines = Machines("FAILED", error)
    cloud: Any = SimpleNamespace(client=lambda _: machines)

    with pytest.raises(SandboxError, match=f"{error}: said so") as failed:
        activate.followed(cloud, executions.describe(machines, machines.held[0]["executionArn"]), lambda _: None)

    assert failed.value.hint.startswith(way)


def test_a_run_that_has_a_ledger_is_left_to_its_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = activations.Run(run="a1b2", as_of="2026-11-01", customers=1, closed_at=datetime(2026, 11, 1, tzinfo=UTC), rows=[])
    monkeypatch.setattr(activations, "runs", lambda _: [closed])

    assert found(Machines("FAILED", "OSError")).name == "a-a1b2"
