"""Activation runs, for who asks what became of them: their ledgers, and the replay of what could not be delivered."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from omnichannel.activation import parts
from omnichannel.activation.suppression import Suppression, Why, suppress
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import MESSAGING_FEEDBACK
from omnichannel.contracts.ledger import Sink
from omnichannel.ledger.close import FLOWS
from omnichannel.ledger.replaying import Replay, failures
from omnichannel.ledger.tally import Summary
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions
from sandbox.flow.executions import Execution
from sandbox.flow.progress import Tell
from sandbox.flow.waiting import until
from sandbox.flow.who import our_id

SECONDS = 3600.0
FEEDBACK_TYPE = {Why.BOUNCE: "bounce", Why.COMPLAINT: "complaint", Why.REQUEST: "suppress"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One activation run: when its ledger was last closed, and what it says of each sink."""

    run: str
    as_of: str
    customers: int
    closed_at: datetime
    rows: list[Summary]


def runs(cloud: Cloud) -> list[Run]:
    """Every run whose ledger was closed, the newest first."""
    s3, bucket = cloud.client("s3"), cloud.deployment.lake_bucket
    closed: dict[str, dict[str, datetime]] = {}
    for flow in FLOWS:
        for found in objects.objects(s3, bucket, f"{zones.LEDGER}/flow={flow}/"):
            if found["Key"].endswith("/summary.json"):
                run = found["Key"].split("/run=", 1)[1].split("/", 1)[0]
                closed.setdefault(run, {})[flow] = found["LastModified"]
    return sorted((_run(cloud, run, flows) for run, flows in closed.items()), key=lambda run: run.closed_at, reverse=True)


def named(cloud: Cloud, run: str) -> Run:
    """The run of that name, or the one that begins so, or the `latest`."""
    every = runs(cloud)
    found = every[:1] if run == "latest" else [each for each in every if each.run.startswith(run)]
    if len(found) != 1:
        if not every:
            raise SandboxError("finding the run", "no run has ended yet", hint="omni run --as-of DAY makes one")
        how = f"{len(found)} runs begin so" if found else "no run that has ended begins so"
        raise SandboxError("finding the run", f"{how}: {run}", hint="omni activations list")
    return found[0]


def to_replay(cloud: Cloud, run: Run) -> dict[str, int]:
    """How many customers each sink could be sent once more."""
    of = Replay(
        run=run.run, number=0, superseded=False, at=datetime.now(UTC), s3=cloud.client("s3"), lake=cloud.deployment.lake_bucket
    )  # fmt: skip
    return failures(of, [Sink(row["sink"]) for row in run.rows])


def replay(cloud: Cloud, run: Run, tell: Tell) -> tuple[Execution, Run]:
    """Sends the run's failures once more, waits for the end, and gives the execution and the run as its ledger has it then.

    A replay that still runs is followed and no other is begun.
    """
    states, machine = cloud.client("stepfunctions"), cloud.deployment.activation_state_machine
    _refuse_running(states, machine, run.run)
    number, last = _last(states, machine, run.run)
    arn = last.arn if last and not last.over else _start(states, machine, run, number + 1)
    ended = until(
        lambda: executions.describe(states, arn), lambda e: e.over, step="Replay", seconds=SECONDS,
        describe=lambda e: e.status, tell=lambda e: tell(e.status.lower()), hint="omni status shows the execution",
    )  # fmt: skip
    return ended, named(cloud, run.run)


def suppress_customer(cloud: Cloud, customer: str, channel: str, why: Why, at: datetime) -> str:
    """Closes a channel for a customer at once and, through a landed row, for good; gives our id."""
    found = our_id(cloud, customer)
    suppress(cloud.client("dynamodb"), cloud.deployment.customers_table, found, Suppression(channel=channel, why=why, at=at))
    row = {
        "event_id": uuid4().hex, "sink": "omni", "customer_id": found, "type": FEEDBACK_TYPE[why], "channel": channel,
        "at": at.isoformat(),
    }  # fmt: skip
    key = f"{MESSAGING_FEEDBACK.prefix}omni/{row['event_id']}.jsonl"
    objects.put(cloud.client("s3"), cloud.deployment.landing_bucket, key, json.dumps(row).encode() + b"\n", "application/json")
    return found


def _run(cloud: Cloud, run: str, flows: Mapping[str, datetime]) -> Run:
    s3, bucket = cloud.client("s3"), cloud.deployment.lake_bucket
    index = parts.index(s3, bucket, run)
    rows = [row for flow in flows for row in json.loads(objects.get(s3, bucket, zones.ledger_summary(flow, run)))["rows"]]
    return Run(run=run, as_of=index["as_of"], customers=index["customers"], closed_at=max(flows.values()), rows=rows)


def _refuse_running(states: Any, machine: str, run: str) -> None:
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING")
    for arn in (found["executionArn"] for page in pages for found in page["executions"]):
        given = executions.describe(states, arn).input
        if given.get("run") == run and "replay" not in given:
            raise SandboxError("Replay", f"run {run} has not ended", hint="omni status shows how far it is")


def _last(states: Any, machine: str, run: str) -> tuple[int, Execution | None]:
    """The number of the run's last replay and its execution; 0 and None when there was none."""
    last = None
    for number in count(1):
        found = executions.find(states, machine, _name(run, number))
        if found is None:
            return number - 1, last
        last = found
    raise AssertionError("count() does not end")


def _start(states: Any, machine: str, run: Run, number: int) -> str:
    return executions.start(states, machine, {"run": run.run, "as_of": run.as_of, "replay": number}, _name(run.run, number))


def _name(run: str, number: int) -> str:
    return f"replay-{run}-{number}"


def in_words(counts: Mapping[str, int]) -> str:
    """`3 no-consent, 1 unchanged`, the most frequent first."""
    return ", ".join(f"{number:,} {reason}" for reason, number in Counter(counts).most_common())
