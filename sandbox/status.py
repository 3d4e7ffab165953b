"""How the deployment stands: executions of state machines, depth of queues, dead letters, functions."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sandbox.cloud import Cloud
from sandbox.inventory import FUNCTION, QUEUE, STATE_MACHINE, Resource, resources

EXECUTIONS_COUNTED = 5000
FAILURES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A failed execution: its name, and error and cause as Step Functions tells them."""

    execution: str
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A state machine: executions by status (of the newest 5,000) and the last failures, newest first."""

    label: str
    stack: str
    executions: dict[str, int]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue: messages waiting and in flight; `dead_letters` queues hold what others gave up."""

    label: str
    stack: str
    waiting: int
    in_flight: int
    dead_letters: bool


@dataclass(frozen=True, kw_only=True)
class Status:
    """The whole deployment; `functions` are labels and physical names by stack."""

    stacks: dict[str, int]
    machines: tuple[Machine, ...]
    queues: tuple[Queue, ...]
    functions: tuple[Resource, ...]

    @property
    def dead_letters(self) -> int:
        """Messages in all dead-letter queues."""
        return sum(queue.waiting + queue.in_flight for queue in self.queues if queue.dead_letters)


def status(cloud: Cloud) -> Status:
    """Ask the services. Raises SandboxError when nothing is deployed."""
    everything = resources(cloud)
    return Status(
        stacks=dict(Counter(resource.stack for resource in everything)),
        machines=tuple(_machine(cloud.client("stepfunctions"), r) for r in everything if r.type == STATE_MACHINE),
        queues=_queues(cloud.client("sqs"), [r for r in everything if r.type == QUEUE]),
        functions=tuple(r for r in everything if r.type == FUNCTION),
    )


def _machine(states: Any, resource: Resource) -> Machine:
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=resource.id, PaginationConfig={"MaxItems": EXECUTIONS_COUNTED})
    executions = [execution for page in pages for execution in page["executions"]]
    failed = sorted((e for e in executions if e["status"] == "FAILED"), key=lambda e: e["startDate"], reverse=True)
    return Machine(
        label=resource.label,
        stack=resource.stack,
        executions=dict(Counter(execution["status"] for execution in executions)),
        failures=tuple(_failure(states, execution["executionArn"]) for execution in failed[:FAILURES_SHOWN]),
    )


def _failure(states: Any, arn: str) -> Failure:
    told = states.describe_execution(executionArn=arn)
    return Failure(execution=told["name"], error=told.get("error", ""), cause=_message(told.get("cause", "")))


def _message(cause: str) -> str:
    """A failed function's cause is JSON; its message is what a person wants."""
    try:
        decoded = json.loads(cause)
    except ValueError:
        return cause
    return str(decoded.get("errorMessage", cause)) if isinstance(decoded, dict) else cause


def _queues(sqs: Any, found: list[Resource]) -> tuple[Queue, ...]:
    attributes = {r.id: sqs.get_queue_attributes(QueueUrl=r.id, AttributeNames=["All"])["Attributes"] for r in found}
    policies = (json.loads(a["RedrivePolicy"]) for a in attributes.values() if a.get("RedrivePolicy"))
    dead = {policy["deadLetterTargetArn"] for policy in policies}
    return tuple(
        Queue(
            label=r.label,
            stack=r.stack,
            waiting=int(attributes[r.id]["ApproximateNumberOfMessages"]),
            in_flight=int(attributes[r.id]["ApproximateNumberOfMessagesNotVisible"]),
            dead_letters=attributes[r.id]["QueueArn"] in dead,
        )
        for r in found
    )
