"""An account in memory with a retailer in it, and a Segment on loopback that fails by a script."""

import base64
import gzip
import io
import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.model import OperationModel
from botocore.validate import validate_parameters
from moto import mock_aws

from lambdas import audience, close_ledger, segment_bridge
from omnichannel.activation.sender import Sender
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.environment.activation import ActivationStarterEnv, AudienceEnv, CloseLedgerEnv
from omnichannel.contracts.environment.sinks import FileBridgeEnv, PinpointBridgeEnv, ProfilesBridgeEnv, SegmentBridgeEnv, SegmentFilesEnv
from omnichannel.contracts.scores import Model, ScoreManifest
from omnichannel.ledger.parts import unpacked

LAKE, CUSTOMERS, SENT, SECRET, PRODUCTS = "lake", "customers", "sent", "segment-write-key", "products"
WRITE_KEY = "canary-write-key"
AS_OF = "2026-03-01"
GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
NOBODY = '{"salt": "test", "share": 0}'
CONSENTS = {"personalization/web": GRANTED, "marketing/email": GRANTED}


@dataclass
class Segment:
    """What the sink took, and how it answers next: a status, `reset` (nothing taken) or `lost` (taken, no answer)."""

    url: str = ""
    write_key: str = WRITE_KEY
    script: list[Any] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    taken: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0

    def answer(self, events: list[dict[str, Any]], authorization: str) -> tuple[int, dict[str, str]] | None:
        """Status and headers of one request's answer, or None when it gets none."""
        self.requests += 1
        planned = self.script.pop(0) if self.script else 200
        if planned not in (200, "lost"):
            return None if planned == "reset" else planned if isinstance(planned, tuple) else (planned, {})
        if authorization != "Basic " + base64.b64encode(f"{self.write_key}:".encode()).decode():
            return 401, {}
        if any(event["userId"] in self.poison for event in events):
            return 400, {}
        self.taken += events
        return None if planned == "lost" else (200, {})

    @property
    def ids(self) -> list[str]:
        return [event["messageId"] for event in self.taken]

    @property
    def users(self) -> set[str]:
        return {event["userId"] for event in self.taken}


def _handler(segment: Segment) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            text = gzip.decompress(raw)
            assert self.path == "/v1/batch"
            assert len(text) <= 500_000
            match segment.answer(json.loads(text)["batch"], self.headers["Authorization"]):
                case None:
                    self._cut()
                case (status, headers):
                    self._answer(status, headers)

        def _cut(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

        def finish(self) -> None:
            if not self.wfile.closed and self.connection.fileno() != -1:
                super().finish()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def segment() -> Iterator[Segment]:
    sink = Segment()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(sink))
    sink.url = f"http://127.0.0.1:{server.server_port}/v1/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield sink
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Retailer:
    """What a test says of the world, and the functions of one activation run."""

    context: Any

    def customer(self, number: int, **changes: Any) -> str:
        item = {
            "customer_id": f"c_{number:04d}",
            "customer_ref": f"CRM-{number}",
            "email": f"canary{number}@example.org",
            "first_name": "Canary",
            "consents": CONSENTS,
            **changes,
        }
        dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [item])
        return str(item["customer_id"])

    def customers(self, count: int) -> None:
        for number in range(count):
            self.customer(number)

    def scores(
        self, model: str, rows: list[tuple[str, float]], *, run: str = "s1", as_of: str = AS_OF, announced: dict[str, Any] | None = None
    ) -> str:
        prefix = zones.score_run(model, date.fromisoformat(as_of), run)
        halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
        for number, half in enumerate(halves):
            body = io.BytesIO()
            pq.write_table(_table(half, as_of), body)
            _s3().put_object(Bucket=LAKE, Key=f"{prefix}part-{number:03d}.parquet", Body=body.getvalue())
        manifest = ScoreManifest(
            model=Model(model), run=run, as_of=as_of, model_version="1", published="xgboost", snapshot="1",
            parts=["part-000.parquet", "part-001.parquet"], rows=len(rows), cut_offs={},
        )  # fmt: skip
        key = zones.score_manifest(model, date.fromisoformat(as_of), run)
        _s3().put_object(Bucket=LAKE, Key=key, Body=json.dumps(manifest.to_dict() | (announced or {})).encode())
        return key

    def score_everyone(self, count: int, *, score: float = 0.5, run: str = "s1", as_of: str = AS_OF) -> dict[str, str]:
        rows = [(f"c_{number:04d}", score) for number in range(count)]
        return {model.value: self.scores(model.value, rows, run=run, as_of=as_of) for model in Model}

    def segments(self, names: dict[str, str], *, run: str = "g1", as_of: str = AS_OF) -> None:
        """A finished segments run: the name of each customer's segment."""
        prefix, body = zones.segments_run(date.fromisoformat(as_of), run), io.BytesIO()
        pq.write_table(pa.table({"customer_id": list(names), "segment_name": list(names.values())}), body)
        _s3().put_object(Bucket=LAKE, Key=f"{prefix}part-000.parquet", Body=body.getvalue())
        manifest = {"parts": [f"{prefix}part-000.parquet"], "sizes": dict.fromkeys(names.values(), 1)}
        _s3().put_object(Bucket=LAKE, Key=prefix + zones.MANIFEST, Body=json.dumps(manifest).encode())

    def audience(self, run: str, manifests: dict[str, str], *, as_of: str = AS_OF) -> dict[str, Any]:
        return audience.handler({"run": run, "as_of": as_of, "manifests": manifests}, self.context)

    def activate(self, index: dict[str, Any], *bridges: Any) -> list[dict[str, Any]]:
        """Every part through each bridge, as the state machine's Map does."""
        return [bridge.handler(_task(index, part), self.context) for bridge in bridges for part in index["parts"]]

    def close(self, index: dict[str, Any], *sinks: str) -> list[dict[str, Any]]:
        return close_ledger.handler({"run": index["run"], "sinks": list(sinks)}, self.context)["rows"]

    def rows(self, flow: str, run: str, sink: str) -> dict[str, dict[str, Any]]:
        """The ledger rows of one sink by customer; a customer twice is an error."""
        found = [row for key in _keys(f"ledger/flow={flow}/run={run}/sink={sink}/") for row in unpacked(self.object(key))]
        by_customer = {row["customer_id"]: row for row in found}
        assert len(by_customer) == len(found)
        return by_customer

    def outcomes(self, flow: str, run: str, sink: str) -> dict[str, str]:
        return {customer: row["reason"] or row["status"] for customer, row in self.rows(flow, run, sink).items()}

    def object(self, key: str) -> bytes:
        return bytes(_s3().get_object(Bucket=LAKE, Key=key)["Body"].read())

    def lake(self, prefix: str) -> dict[str, bytes]:
        return {key: self.object(key) for key in _keys(prefix)}

    def sent(self) -> dict[tuple[str, str], dict[str, Any]]:
        pages = clients.client("dynamodb").get_paginator("scan").paginate(TableName=SENT)
        return {(item["customer_id"], item["sink"]): item for page in pages for item in map(dynamodb.decode, page["Items"])}


def _task(index: dict[str, Any], part: str) -> dict[str, Any]:
    return {"run": index["run"], "as_of": index["as_of"], "part": part, "action": "send"}


def _s3() -> Any:
    return clients.client("s3")


def _keys(prefix: str) -> list[str]:
    return [found["Key"] for found in _s3().list_objects_v2(Bucket=LAKE, Prefix=prefix).get("Contents", [])]


def _table(rows: list[tuple[str, float]], as_of: str) -> Any:
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "score": pa.array([row[1] for row in rows], pa.float64()),
            "band": pa.array(["high" if row[1] > 0.7 else "low" for row in rows], pa.string()),
            "decile": pa.array([1] * len(rows), pa.int32()),
            "reasons": pa.array([[]] * len(rows), pa.list_(pa.string())),
            "model_version": pa.array(["1"] * len(rows), pa.string()),
            "as_of": pa.array([date.fromisoformat(as_of)] * len(rows), pa.date32()),
        }
    )


@dataclass
class Time:
    """The sender's clock: waiting moves it, and it alone."""

    seconds: float = 0.0
    left: float = 900.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def retailer(monkeypatch: pytest.MonkeyPatch, segment: Segment, time: Time) -> Iterator[Retailer]:
    """The account: lake, tables, secret; every function's environment; the sender on a clock that nobody waits for."""
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients.forget()
        segment_bridge._write_key.cache_clear()
        clients.session().events.register("before-parameter-build", _compare)
        _make_account()
        _set_environment(monkeypatch, segment)
        monkeypatch.setattr(segment_bridge, "Sender", partial(Sender, clock=time, sleep=time.sleep))
        yield Retailer(context=SimpleNamespace(get_remaining_time_in_millis=lambda: int((time.left - time.seconds) * 1000)))
    clients.forget()


def _compare(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
    """Compares every request with the service's model, also those of clients that do not check theirs."""
    if model.input_shape is not None:
        validate_parameters(params, model.input_shape)


def _make_account() -> None:
    _s3().create_bucket(Bucket=LAKE)
    for table, keys in ((CUSTOMERS, ["customer_id"]), (SENT, ["customer_id", "sink"]), (PRODUCTS, ["product_id"])):
        clients.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        )
    clients.client("secretsmanager").create_secret(Name=SECRET, SecretString=WRITE_KEY)


def _set_environment(monkeypatch: pytest.MonkeyPatch, segment: Segment) -> None:
    tables = {"lake_bucket": LAKE, "customers_table": CUSTOMERS, "sent_table": SENT}
    for env in (
        SegmentFilesEnv(**tables, holdout=NOBODY),
        SegmentBridgeEnv(
            **tables, segment_secret=SECRET, segment_endpoint=segment.url, events_per_second="1000000", holdout=NOBODY, live="off"
        ),
        FileBridgeEnv(**tables, products_table=PRODUCTS, holdout=NOBODY),
        PinpointBridgeEnv(
            **tables,
            products_table=PRODUCTS,
            holdout=NOBODY,
            application_id="app",
            import_role_arn="arn:aws:iam::000000000000:role/import",
        ),
        ProfilesBridgeEnv(**tables, products_table=PRODUCTS, holdout=NOBODY, domain="omni-test", upload_from="0"),
        AudienceEnv(lake_bucket=LAKE, customers_table=CUSTOMERS, part_size="10", segments_seconds="0"),
        CloseLedgerEnv(lake_bucket=LAKE),
        ActivationStarterEnv(lake_bucket=LAKE, state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:activation"),
    ):
        for name, value in env.variables().items():
            monkeypatch.setenv(name, value)
