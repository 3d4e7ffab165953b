"""An account in memory with score runs in it; executions are tokens that a test hands out and hears from."""

import hashlib
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import botocore.session
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from moto import mock_aws

from lambdas import review_api, review_gate, review_scores
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.environment.review import ReviewApiEnv, ReviewGateEnv, ReviewScoresEnv
from omnichannel.contracts.scores import Model, run_digest
from omnichannel.review.tolerances import Tolerances
from stacks.review import tolerances

LAKE, REVIEWS = "lake", "reviews"
ANN, BOB = "arn:aws:iam::111122223333:user/ann", "arn:aws:sts::111122223333:assumed-role/marketing/bob"


@dataclass
class Executions:
    """Step Functions as far as reviews use it: a token can be answered once; requests are compared with the service's model."""

    open: set[str] = field(default_factory=set)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    _model: Any = field(default_factory=lambda: botocore.session.get_session().get_service_model("stepfunctions"))

    def send_task_success(self, **request: Any) -> None:
        self._answered("SendTaskSuccess", request)
        self.heard.append((request["taskToken"], json.loads(request["output"])["status"], ""))

    def send_task_failure(self, **request: Any) -> None:
        self._answered("SendTaskFailure", request)
        self.heard.append((request["taskToken"], request["error"], request["cause"]))

    def _answered(self, operation: str, request: dict[str, Any]) -> None:
        validate_parameters(request, self._model.operation_model(operation).input_shape)
        if request["taskToken"] not in self.open:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "Task Timed Out"}}, operation)
        self.open.remove(request["taskToken"])


@dataclass
class Shop:
    """Score runs, and the functions at the head of an activation."""

    executions: Executions
    environ: pytest.MonkeyPatch

    def score(self, model: str, rows: list[tuple[str, float]], *, run: str, as_of: str, **said: Any) -> str:
        prefix, digests, parts = zones.score_run(model, date.fromisoformat(as_of), run), [], []
        for number, half in enumerate((rows[::2], rows[1::2])):
            body = packed(half)
            parts.append(f"{prefix}part-{number:03d}.parquet")
            digests.append(hashlib.sha256(body).hexdigest())
            self.put(parts[-1], body)
        manifest = {
            "model": model, "run": run, "as_of": as_of, "model_version": "7", "published": "xgboost", "parts": parts, "rows": len(rows),
            "digest": run_digest(digests), "metrics": {"as_of": as_of}, "drift": {"score_psi": 0.02, "worst_psi": 0.04, "drifted": []},
        }  # fmt: skip
        self.put(prefix + zones.MANIFEST, json.dumps(manifest | said).encode())
        return prefix + zones.MANIFEST

    def asked(self, run: str, *, as_of: str = "2026-03-01", seed: int = 1, count: int = 400, **said: Any) -> dict[str, Any]:
        """Both models scored; gives the input of the execution `run`."""
        manifests = {m.value: self.score(m.value, drawn(count, seed), run=f"{run}-{m}", as_of=as_of, **said) for m in Model}
        return {"run": run, "as_of": as_of, "manifests": manifests}

    def review(self, asked: dict[str, Any]) -> dict[str, Any]:
        return review_scores.handler(asked, None)

    def wait(self, run: str, token: str = "") -> None:
        token = token or f"token-{run}"
        self.executions.open.add(token)
        review_gate.handler({"action": "wait", "run": run, "token": token}, None)

    def gate(self, action: str, run: str) -> dict[str, Any]:
        return review_gate.handler({"action": action, "run": run}, None)

    def waiting(self, run: str, **more: Any) -> dict[str, Any]:
        """A run that waits for a person, as the API shows it."""
        self.review(self.asked(run, **more))
        self.wait(run)
        return self.get(run)

    def approved(self, run: str, **more: Any) -> None:
        found = self.waiting(run, **more)
        assert self.post("approve", run, found["digest"])[0] == 200

    def get(self, run: str) -> dict[str, Any]:
        return self.ask("GET", f"/reviews/{run}", run=run)[1]

    def post(self, word: str, run: str, digest: str, *, who: str | None = ANN, reason: str = "looks right") -> tuple[int, dict[str, Any]]:
        body = json.dumps({"reason": reason, "digest": digest})
        return self.ask("POST", f"/reviews/{run}/{word}", run=run, who=who, body=body)

    def ask(
        self, method: str, path: str, *, run: str = "", who: str | None = ANN, body: str = "", **query: str
    ) -> tuple[int, dict[str, Any]]:
        event = {
            "version": "2.0", "rawPath": path, "body": body, "isBase64Encoded": False, "queryStringParameters": query,
            "pathParameters": {"run": run} if run else None,
            "requestContext": {"requestId": "r", "http": {"method": method}, "authorizer": {"iam": {"userArn": who}} if who else {}},
        }  # fmt: skip
        answer = review_api.handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    def item(self, run: str) -> dict[str, Any]:
        found = clients.client("dynamodb").get_item(TableName=REVIEWS, Key={"run": {"S": run}})
        return dynamodb.decode(found["Item"])

    def put(self, key: str, body: bytes) -> None:
        clients.client("s3").put_object(Bucket=LAKE, Key=key, Body=body)

    def delete(self, key: str) -> None:
        clients.client("s3").delete_object(Bucket=LAKE, Key=key)

    def object(self, key: str) -> bytes:
        return bytes(clients.client("s3").get_object(Bucket=LAKE, Key=key)["Body"].read())


def packed(rows: list[tuple[str, float]]) -> bytes:
    bands = ["high" if score >= 0.9 else "medium" if score >= 0.7 else "low" for _, score in rows]
    table = pa.table({"customer_id": [c for c, _ in rows], "score": pa.array([s for _, s in rows], pa.float64()), "band": bands})
    body = io.BytesIO()
    pq.write_table(table, body)
    return body.getvalue()


def drawn(count: int, seed: int) -> list[tuple[str, float]]:
    """Everybody's score, moved a little by the seed, as from one day to the next."""
    base, day = random.Random(0), random.Random(seed)
    return [(f"c{number:04d}", min(1.0, max(0.0, base.random() + day.uniform(-0.005, 0.005)))) for number in range(count)]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    with mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "t")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients.forget()
        _account(monkeypatch, tolerances())
        executions = Executions()
        for door in (review_scores, review_gate, review_api):
            monkeypatch.setattr(door, "client", lambda name: executions if name == "stepfunctions" else clients.client(name))
        yield Shop(executions, monkeypatch)
    clients.forget()


def _account(monkeypatch: pytest.MonkeyPatch, agreed: Tolerances) -> None:
    clients.client("s3").create_bucket(Bucket=LAKE)
    clients.client("dynamodb").create_table(
        TableName=REVIEWS,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "run", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "run", "KeyType": "HASH"}],
    )
    names = {"lake_bucket": LAKE, "reviews_table": REVIEWS}
    scores = ReviewScoresEnv(**names, tolerances=agreed.to_json(), approval="tolerances", deployment="omni_test", memory_mb="256")
    for env in (scores, ReviewGateEnv(**names), ReviewApiEnv(**names)):
        for name, value in env.variables().items():
            monkeypatch.setenv(name, value)
