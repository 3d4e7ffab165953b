"""Score runs that nobody trained for, in a deployed app: approved, rejected and superseded by the commands that people use."""

import hashlib
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from subprocess import CompletedProcess

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.contracts import zones
from omnichannel.contracts.scores import Model, run_digest
from sandbox import launcher
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions, review
from sandbox.flow.executions import Execution
from sandbox.flow.waiting import until
from tests.end_to_end.conftest import omni

SECONDS = 120.0
REASON = "the numbers were looked at"


@dataclass(frozen=True)
class Deployed:
    """A sandbox with the app in it and no data."""

    home: Path

    @cached_property
    def cloud(self) -> Cloud:
        return Cloud.of_sandbox(launcher.running(self.home / "default"))

    def scored(self, run: str, as_of: str, *, count: int = 300, seed: int = 1) -> str:
        """Both models' score runs land; gives the activation run that they start, once its review is opened."""
        # Segments of the date, of which there are none: an audience waits for them.
        self._put(f"{zones.SEGMENTS}/as_of={as_of}/run={run}/{zones.MANIFEST}", json.dumps({"sizes": [], "parts": []}).encode())
        for model in Model:
            self._score(model, f"{run}-{model}", as_of, drawn(count, seed))
        return str(self.activation(run).input["run"])

    def activation(self, run: str) -> Execution:
        """The execution that a scoring started."""
        found = until(lambda: self._find(run), lambda each: each is not None, step=f"activation of {run}", seconds=SECONDS)
        assert found is not None
        return found

    def standing(self, activation: str, *statuses: str) -> dict[str, str]:
        """The review once it stands so."""
        table = self.cloud.deployment.reviews_table
        ask = lambda: self.cloud.client("dynamodb").get_item(TableName=table, Key={"run": {"S": activation}}).get("Item", {})  # noqa: E731
        item = until(ask, lambda each: each.get("status", {}).get("S") in statuses, step=f"review {activation}", seconds=SECONDS)
        return {name: str(value["S"]) for name, value in item.items() if "S" in value}

    def ended(self, run: str) -> Execution:
        """The execution of a scoring, at its end."""
        return until(lambda: self.activation(run), lambda each: each.over, step=f"end of {run}", seconds=SECONDS)

    def as_user(self, name: str, routes: str) -> Cloud:
        """The deployment as seen by a user who may call these routes of its APIs and read its stacks."""
        iam = self.cloud.client("iam")
        iam.create_user(UserName=name)
        allowed = {"execute-api:Invoke": f"arn:aws:execute-api:*:*:*/$default/{routes}", "cloudformation:DescribeStacks": "*"}
        statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed.items()]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=self.cloud.region)
        return replace(self.cloud, session=session)

    def omni(self, *arguments: str) -> CompletedProcess[str]:
        return omni(self.home, *arguments)

    def _find(self, run: str) -> Execution | None:
        states, machine = self.cloud.client("stepfunctions"), self.cloud.deployment.activation_state_machine
        listed = states.list_executions(stateMachineArn=machine)["executions"]
        described = (executions.describe(states, each["executionArn"]) for each in listed)
        return next((each for each in described if f"run={run}-churn/" in each.input["manifests"]["churn"]), None)

    def _score(self, model: Model, run: str, as_of: str, rows: list[tuple[str, float]]) -> None:
        prefix, body = zones.score_run(model, date.fromisoformat(as_of), run), io.BytesIO()
        pq.write_table(table(rows, as_of), body)
        manifest = {
            "model": model, "run": run, "as_of": as_of, "model_version": "1", "published": "xgboost", "snapshot": "1", "rows": len(rows),
            "parts": [f"{prefix}part-000.parquet"], "cut_offs": {}, "digest": run_digest([hashlib.sha256(body.getvalue()).hexdigest()]),
        }  # fmt: skip
        self._put(manifest["parts"][0], body.getvalue())
        self._put(prefix + zones.MANIFEST, json.dumps(manifest).encode())

    def _put(self, key: str, body: bytes) -> None:
        self.cloud.client("s3").put_object(Bucket=self.cloud.deployment.lake_bucket, Key=key, Body=body)


def drawn(count: int, seed: int) -> list[tuple[str, float]]:
    """Everybody's score, moved a little by the seed, as from one day to the next."""
    base, day = random.Random(0), random.Random(seed)
    return [(f"c_{number:04d}", min(1.0, max(0.0, base.random() + day.uniform(-0.005, 0.005)))) for number in range(count)]


def table(rows: list[tuple[str, float]], as_of: str) -> pa.Table:
    return pa.table(
        {
            "customer_id": [customer for customer, _ in rows],
            "score": pa.array([score for _, score in rows], pa.float64()),
            "band": ["high" if score >= 0.9 else "medium" if score >= 0.7 else "low" for _, score in rows],
            "decile": pa.array([1 + min(9, int(score * 10)) for _, score in rows], pa.int32()),
            "reasons": pa.array([[] for _ in rows], pa.list_(pa.string())),
            "model_version": ["1"] * len(rows),
            "as_of": [date.fromisoformat(as_of)] * len(rows),
        }
    )


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    home = tmp_path_factory.mktemp("sandboxes")
    try:
        for command in ("up", "deploy"):
            done = omni(home, command)
            assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield Deployed(home)
    finally:
        omni(home, "down", "--wipe")


def test_scores_are_sent_when_somebody_approved_them_or_their_tolerances_did(deployed: Deployed) -> None:
    first = deployed.scored("one", "2026-10-01")
    opened = deployed.standing(first, "waiting")
    listed, read = deployed.omni("scores", "list"), deployed.omni("scores", "review", first[:6])

    approved = deployed.omni("scores", "approve", first, "--reason", REASON, "--yes")
    again = deployed.omni("scores", "approve", first, "--reason", REASON, "--yes")
    sent = deployed.ended("one")
    second = deployed.scored("two", "2026-10-02", seed=2)

    assert opened["verdict"] == "first"
    assert (first in listed.stdout, "waiting" in listed.stdout) == (True, True), listed.stderr
    assert "There is no approved run to compare it with" in read.stdout, read.stderr
    assert (approved.returncode, again.returncode) == (0, 0), approved.stderr + again.stderr
    assert f"approved by arn:aws:iam::000000000000:root: {REASON}" in " ".join(approved.stdout.split())
    assert sent.status == "SUCCEEDED", sent.reason
    assert deployed.standing(second, "approved")["decided_by"] == "tolerances"
    assert deployed.ended("two").status == "SUCCEEDED"
    assert deployed.omni("scores", "review", second).returncode == 0


def test_rejected_scores_end_their_activation_by_that_name(deployed: Deployed) -> None:
    run = deployed.scored("bad", "2026-10-03", count=100)
    deployed.standing(run, "waiting")

    rejected = deployed.omni("scores", "reject", run, "--reason", "half of the shop is missing", "--yes")
    ended = deployed.ended("bad")
    late = deployed.omni("scores", "approve", run, "--reason", REASON, "--yes")

    assert rejected.returncode == 0, rejected.stderr
    assert (ended.status, ended.error) == ("FAILED", "Rejected")
    assert "half of the shop is missing" in ended.cause
    assert (late.returncode, "Rejected before" in late.stderr, "Traceback" in late.stderr) == (1, True, False)


def test_a_newer_run_supersedes_one_that_waits(deployed: Deployed) -> None:
    waiting = deployed.scored("old", "2026-10-04", count=100, seed=3)
    deployed.standing(waiting, "waiting")

    newer = deployed.scored("new", "2026-10-05", count=100, seed=4)
    deployed.standing(newer, "waiting", "approved")

    assert deployed.standing(waiting, "superseded")["decided_by"] == newer
    assert deployed.ended("old").error == "Superseded"


@pytest.fixture
def trusting(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trusts the sandbox's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(launcher.running(deployed.home / "default").ca_bundle))


@pytest.mark.usefixtures("trusting")
def test_who_may_only_look_cannot_decide(deployed: Deployed) -> None:
    run = deployed.scored("looked", "2026-10-06", count=100, seed=5)
    deployed.standing(run, "waiting")
    onlooker = deployed.as_user("looks-on", "GET/reviews*")

    looked, decided = review.review(onlooker, run), None
    try:
        review.approve(onlooker, looked, REASON)
    except SandboxError as refused:
        decided = refused

    assert looked["status"] == "waiting"
    assert "HTTP 403" in str(decided)
    assert deployed.standing(run, "waiting")


@pytest.mark.usefixtures("trusting")
def test_the_decision_is_kept_under_the_callers_own_name(deployed: Deployed) -> None:
    run = deployed.scored("signed", "2026-10-07", count=100, seed=6)
    deployed.standing(run, "waiting")
    decider = deployed.as_user("decides", "*/reviews*")

    review.reject(decider, review.review(decider, run), "not this week")

    assert deployed.standing(run, "rejected")["decided_by"] == "arn:aws:iam::000000000000:user/decides"
