"""Runs as somebody who asks sees them, replays as they are begun, and a customer who is to hear nothing more."""

import json
from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from omnichannel.activation.suppression import Why, suppressed
from omnichannel.aws import clients
from omnichannel.aws.dynamodb import batch_get, batch_put
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import MESSAGING_FEEDBACK
from omnichannel.contracts.ledger import Flow
from omnichannel.contracts.store import IdType, link_key
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import activation_commands, activations
from tests.integration.activation.conftest import CUSTOMERS, LAKE, Retailer

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:activation"
ROW = {"flow": "segment", "sink": "segment", "in": 3, "delivered": 1, "withheld": {}, "rejected": {"unauthorized": 1}, "dead_lettered": 0}


@pytest.fixture
def cloud(retailer: Retailer) -> Any:
    """A deployment with one closed run, of which one customer was refused and one is missing."""
    s3 = clients.client("s3")
    s3.create_bucket(Bucket="landing")
    s3.put_object(Bucket=LAKE, Key=zones.audience_index("abc1"), Body=json.dumps({"as_of": "2026-03-01", "customers": 3, "parts": []}))
    s3.put_object(
        Bucket=LAKE, Key=zones.ledger_summary(Flow.SEGMENT, "abc1"), Body=json.dumps({"rows": [{**ROW, "run": "abc1", "twice": 0}]})
    )
    deployment = SimpleNamespace(
        lake_bucket=LAKE, landing_bucket="landing", customers_table=CUSTOMERS, activation_state_machine=MACHINE
    )  # fmt: skip
    return SimpleNamespace(client=clients.client, deployment=deployment)


def test_a_run_is_found_by_its_beginning_and_by_nothing_else(cloud: Any) -> None:
    found = activations.named(cast("Cloud", cloud), "abc")

    assert (found.run, found.as_of, found.customers, found.rows[0]["delivered"]) == ("abc1", "2026-03-01", 3, 1)
    assert activations.named(cast("Cloud", cloud), "latest") == found
    with pytest.raises(SandboxError, match="no run"):
        activations.named(cast("Cloud", cloud), "x")


def test_where_no_run_has_ended_it_is_said_so(cloud: Any) -> None:
    s3 = clients.client("s3")
    s3.delete_object(Bucket=LAKE, Key=zones.ledger_summary(Flow.SEGMENT, "abc1"))
    page = StringIO()
    app = typer.Typer()
    activation_commands.register(app, Console(file=page), lambda name, environment: cloud)

    CliRunner().invoke(app, ["activations", "list"], catch_exceptions=False)

    assert page.getvalue() == "No activation run has ended yet; omni run --as-of DAY makes one.\n"
    with pytest.raises(SandboxError, match="no run has ended yet"):
        activations.named(cast("Cloud", cloud), "latest")


def test_a_suppressed_customer_is_closed_at_once_and_for_good(cloud: Any) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    items: list[dict[str, Any]] = [
        {"customer_id": "c_1", "consents": {}},
        {"customer_id": link_key(IdType.CUSTOMER_REF, "R1"), "customer": "c_1"},
    ]
    batch_put(clients.client("dynamodb"), CUSTOMERS, items)

    found = activations.suppress_customer(cast("Cloud", cloud), "R1", "email", Why.REQUEST, at)

    [landed] = clients.client("s3").list_objects_v2(Bucket="landing")["Contents"]
    row = json.loads(clients.client("s3").get_object(Bucket="landing", Key=landed["Key"])["Body"].read())
    assert found == "c_1"
    assert suppressed(next(batch_get(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": "c_1"}])), "email")
    assert landed["Key"].startswith(MESSAGING_FEEDBACK.prefix)
    assert (row["type"], row["channel"], row["customer_id"]) == ("suppress", "email", "c_1")
    assert set(row) >= set(MESSAGING_FEEDBACK.required)


def test_nobody_is_suppressed_who_is_not_known(cloud: Any) -> None:
    with pytest.raises(SandboxError, match="nobody is known"):
        activations.suppress_customer(cast("Cloud", cloud), "nobody", "any", Why.REQUEST, datetime(2026, 3, 1, tzinfo=UTC))


class Executions:
    """Step Functions, as far as a replay speaks with it: names are taken for good."""

    exceptions = SimpleNamespace(ExecutionDoesNotExist=LookupError)

    def __init__(self, running: dict[str, Any] | None = None) -> None:
        self.started: dict[str, dict[str, Any]] = {}
        self.running = running or {}

    def start_execution(self, *, name: str, input: str, **_: Any) -> dict[str, str]:
        assert name not in self.started
        self.started[name] = json.loads(input)
        return {"executionArn": f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"}

    def describe_execution(self, **asked: str) -> dict[str, Any]:
        name = asked["executionArn"].rpartition(":")[2]
        known = self.started | self.running
        if name not in known:
            raise self.exceptions.ExecutionDoesNotExist
        return {"name": name, "status": "RUNNING" if name in self.running else "SUCCEEDED", "input": json.dumps(known[name])}

    def get_paginator(self, _: str) -> Any:
        page = {"executions": [{"executionArn": f"x:{name}"} for name in self.running]}
        return SimpleNamespace(paginate=lambda **_: [page])


def test_each_replay_is_an_execution_of_its_own_with_the_next_number(cloud: Any) -> None:
    states, run = Executions(), activations.named(cast("Cloud", cloud), "abc1")
    cloud.client = lambda name: states if name == "stepfunctions" else clients.client(name)

    for _ in range(2):
        activations.replay(cast("Cloud", cloud), run, lambda _: None)

    assert states.started == {f"replay-abc1-{n}": {"run": "abc1", "as_of": "2026-03-01", "replay": n} for n in (1, 2)}


def test_a_run_that_has_not_ended_is_not_replayed(cloud: Any) -> None:
    states, run = Executions({"a-1": {"run": "abc1"}}), activations.named(cast("Cloud", cloud), "abc1")
    cloud.client = lambda name: states if name == "stepfunctions" else clients.client(name)

    with pytest.raises(SandboxError, match="has not ended"):
        activations.replay(cast("Cloud", cloud), run, lambda _: None)
    assert states.started == {}
