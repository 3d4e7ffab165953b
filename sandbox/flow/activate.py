"""Follow the activation that a finished score run started, and say what it sent."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from omnichannel.contracts.scores import Model
from sandbox.cloud import Cloud
from sandbox.flow import executions
from sandbox.flow.executions import Execution
from sandbox.flow.progress import Tell
from sandbox.flow.score import ScoreRun
from sandbox.flow.waiting import until

START_SECONDS = 120.0
SECONDS = 1800.0


def activation_of(cloud: Cloud, as_of: date, runs: Mapping[Model, ScoreRun], tell: Tell) -> Execution:
    """The activation that these score runs started, or had started before; raises `SandboxError` when they start none."""
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
    return started


def followed(cloud: Cloud, started: Execution, tell: Tell) -> Execution:
    """Wait for an approved activation to end; raises `SandboxError` with its own reason when it fails."""
    states = cloud.client("stepfunctions")
    ended = executions.follow(states, started.arn, step="Activation", seconds=SECONDS, tell=lambda e: tell(e.status.lower()))
    tell(f"run {ended.input['run']}")
    return ended


def _find(states: Any, machine: str, as_of: date, manifests: Mapping[str, str]) -> Execution | None:
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for found in page["executions"]:
            execution = executions.describe(states, found["executionArn"])
            if execution.input.get("as_of") == as_of.isoformat() and execution.input.get("manifests") == manifests:
                return execution
    return None
