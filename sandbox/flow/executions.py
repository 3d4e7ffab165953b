"""State machine executions: start, follow to the end, and fail in the service's own words."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError
from sandbox.flow.waiting import until

OVER = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class Execution:
    """One execution as Step Functions describes it; `output` is None until it succeeded."""

    arn: str
    name: str
    status: str
    input: dict[str, Any]
    output: Any
    error: str
    cause: str

    @property
    def over(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.status in OVER

    @property
    def reason(self) -> str:
        """Why it failed, in the failing step's own words."""
        return f"{self.status} {self.error}: {_message(self.cause)}"


def describe(states: Any, arn: str) -> Execution:
    """The execution as it is now."""
    answer = states.describe_execution(executionArn=arn)
    return Execution(
        arn=arn,
        name=answer["name"],
        status=answer["status"],
        input=json.loads(answer.get("input") or "{}"),
        output=json.loads(answer["output"]) if answer.get("output") else None,
        error=answer.get("error", ""),
        cause=answer.get("cause", ""),
    )


def arn_of(state_machine: str, name: str) -> str:
    """The ARN that an execution of that name has."""
    return state_machine.replace(":stateMachine:", ":execution:") + f":{name}"


def find(states: Any, state_machine: str, name: str) -> Execution | None:
    """The execution of that name, or None while there is none."""
    try:
        return describe(states, arn_of(state_machine, name))
    except states.exceptions.ExecutionDoesNotExist:
        return None


def running(states: Any, state_machine: str) -> frozenset[str]:
    """The names of the executions that have not ended, in one call for a thousand; AWS may list one that ended a moment ago."""
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=state_machine, statusFilter="RUNNING")
    return frozenset(execution["name"] for page in pages for execution in page["executions"])


def start(states: Any, state_machine: str, input: dict[str, Any], name: str = "") -> str:
    """Start an execution and give its ARN."""
    named = {"name": name} if name else {}
    return str(states.start_execution(stateMachineArn=state_machine, input=json.dumps(input), **named)["executionArn"])


def follow(
    states: Any, arn: str, *, step: str, seconds: float, tell: Callable[[Execution], None] = lambda _: None, hint: str = ""
) -> Execution:
    """Wait for an execution's end; raises `SandboxError` with its own reason when it did not succeed."""
    ended = wait(states, arn, step=step, seconds=seconds, tell=tell, hint=hint)
    if ended.status != "SUCCEEDED":
        raise SandboxError(step, ended.reason, hint=hint or "omni status shows the execution, omni logs FUNCTION what the function said")
    return ended


def wait(states: Any, arn: str, *, step: str, seconds: float, tell: Callable[[Execution], None], hint: str = "") -> Execution:
    """The execution at its end, good or bad; raises `SandboxError` where that takes longer."""
    return until(
        lambda: describe(states, arn), lambda e: e.over, step=step, seconds=seconds, describe=lambda e: e.status, tell=tell, hint=hint
    )


def _message(cause: str) -> str:
    """A Lambda's failure comes as JSON with the error's own message in it."""
    try:
        failure = json.loads(cause)
    except ValueError:
        return cause
    return str(failure.get("errorMessage", cause)) if isinstance(failure, dict) else cause
