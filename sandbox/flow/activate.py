"""Follow the activation that a finished score run started, and say what it sent."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

from omnichannel.contracts.reviews import ENDINGS, ScoresChanged
from omnichannel.contracts.scores import Model
from omnichannel.ledger.close import LedgerOpen, SinkFailed
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import activations, executions
from sandbox.flow.executions import Execution
from sandbox.flow.progress import Tell
from sandbox.flow.score import ScoreRun
from sandbox.flow.waiting import until

START_SECONDS = 120.0
SECONDS = 1800.0
AGAIN = "-again-"
ACCOUNTED = (LedgerOpen.__name__, SinkFailed.__name__)
DECIDED = (*ACCOUNTED, *(ending.__name__ for ending in ENDINGS.values()), ScoresChanged.__name__)
"""Failures of a run that has come to its end: somebody or something newer decided so, or `omni replay` goes on from its ledger."""


def activation_of(cloud: Cloud, as_of: date, runs: Mapping[Model, ScoreRun], tell: Tell) -> Execution:
    """The activation that these score runs started, or had started before; raises `SandboxError` when they start none.

    One that had failed before it came to a ledger is begun again: the same scores have the same run, and no manifest would start it twice.
    """
    states, machine = cloud.client("stepfunctions"), cloud.deployment.activation_state_machine
    wanted = {model.value: run.key for model, run in runs.items()}
    tell("waiting for the manifests to start it")
    started = until(
        lambda: _find(states, machine, as_of, wanted),
        lambda found: found is not None,
        step="Activation",
        seconds=START_SECONDS,
        describe=lambda _: "the score manifests started no activation",
        hint="omni status shows dead letters, omni logs ActivationStarter what the starter said",
    )
    assert started is not None  # noqa: S101 - `until` returns only a found one
    return _begun_again(cloud, started, tell) if _broke_off(cloud, started) else started


def followed(cloud: Cloud, started: Execution, tell: Tell) -> Execution:
    """Wait for an approved activation to end; raises `SandboxError` with its own reason when it fails."""
    states, run = cloud.client("stepfunctions"), started.input["run"]
    ended = executions.wait(states, started.arn, step="Activation", seconds=SECONDS, tell=lambda e: tell(e.status.lower()))
    if ended.status != "SUCCEEDED":
        way = f"omni replay {run}" if ended.error in ACCOUNTED else "the same command once more"
        raise SandboxError("Activation", ended.reason, hint=f"{way}, when its cause is gone; omni status shows the execution")
    tell(f"run {run}")
    return ended


def _broke_off(cloud: Cloud, found: Execution) -> bool:
    """Whether it ended without an account of who got what. Where there is one, or a person said no, another way goes on."""
    if not found.over or found.status == "SUCCEEDED" or found.error in DECIDED:
        return False
    return found.input["run"] not in {run.run for run in activations.runs(cloud)}


def _begun_again(cloud: Cloud, failed: Execution, tell: Tell) -> Execution:
    """The same run in an execution with the next free name. What the failed one had sent is known, and goes out no second time."""
    states, machine = cloud.client("stepfunctions"), cloud.deployment.activation_state_machine
    first = failed.name.partition(AGAIN)[0]
    free = next(name for name in (f"{first}{AGAIN}{number}" for number in count(1)) if executions.find(states, machine, name) is None)
    tell(f"begun again, as it had failed before: {failed.reason}")
    return executions.describe(states, executions.start(states, machine, failed.input, free))


def _find(states: Any, machine: str, as_of: date, manifests: Mapping[str, str]) -> Execution | None:
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for found in page["executions"]:
            execution = executions.describe(states, found["executionArn"])
            if execution.input.get("as_of") == as_of.isoformat() and execution.input.get("manifests") == manifests:
                return execution
    return None
