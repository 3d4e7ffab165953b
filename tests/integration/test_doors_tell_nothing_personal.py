"""Every function meets services that refuse it while it holds somebody's data: neither its log nor its error says whose."""

import base64
import io
import json
import logging
import pkgutil
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import requests
from aws_lambda_powertools import Logger

import lambdas
from omnichannel.aws import clients
from omnichannel.contracts.environment.base import Env
from stacks.review import tolerances

EMAIL, PHONE, NAME, ADDRESS, REF = "canary.person@example.org", "+4915199887766", "Canaria Vogelsang", "203.0.113.99", "canary-ref-7"
CANARIES = (EMAIL, PHONE, NAME, "Vogelsang", ADDRESS, REF, "canary")
MESSAGE = {
    "messageId": "m1", "type": "track", "event": "Product Viewed", "userId": REF, "anonymousId": "canary-device",
    "timestamp": "2026-10-01T08:00:00Z", "context": {"ip": ADDRESS}, "properties": {"product_id": "P1", "email": EMAIL},
    "traits": {"email": EMAIL, "phone": PHONE, "name": NAME},
}  # fmt: skip
BUS_EVENT = {"detail-type": "Interaction", "source": "omnichannel.events", "detail": MESSAGE, "time": "2026-10-01T08:00:00Z"}
SENT = {**BUS_EVENT, "source": "aws.partner/segment.com/canary", "detail-type": "track"}
LIVE = {
    "message_id": "m1", "type": "track", "name": "Product Viewed", "user_id": REF, "anonymous_id": "canary-device", "products": [],
    "at": "2026-10-01T08:00:00+00:00",
}  # fmt: skip
SEGMENT_EVENT = {
    "detail-type": "SegmentEntered", "source": "omnichannel.segments",
    "detail": {"customer_id": "canary", "segment": "S", "rule": "just-bought", "at": "2026-10-01T08:00:00+00:00", "event_id": "e"},
}  # fmt: skip
DECIDED = {
    "at": "2026-10-01T08:00:00+00:00", "action": "complement", "campaign": "complement", "channel": "email", "refused": {}, "event_id": "e",
    "caused_at": "2026-10-01T08:00:00+00:00",
}  # fmt: skip
LANDED = {"detail": {"bucket": {"name": "landing"}, "object": {"key": "dms/crm/customers/part-1.csv", "etag": "e", "size": 3}}}
STAGED = {
    "content_id": "c1", "dataset": "sales/orders", "key": "dms/sales/orders/part-1.csv", "status": "staged", "staged_key": "s",
    "rows_in": 1, "rows_staged": 1, "quarantined": {}, "extra_columns": [],
}  # fmt: skip


NEEDED = {
    "sink": "file", "trigger_time_scale": "1", "part_size": "1", "segments_seconds": "0", "events_per_second": "1", "memory_mb": "256",
    "forwarded": '["Product Viewed"]', "interactions": '{"types": {"Product Viewed": ["View", "price"]}, "shown": []}',
    "holdout": '{"salt": "s", "share": 0.05}', "approval": "person", "tolerances": tolerances().to_json(), "personalize_asks": "{}",
}  # fmt: skip
"""What a function reads out of its environment as more than a name."""


def records(*bodies: Any) -> dict[str, Any]:
    """A batch of a queue."""
    return {"Records": [{"messageId": str(n), "body": json.dumps(body), "attributes": {}} for n, body in enumerate(bodies)]}


def request(method: str, path: str, *, body: str = "", query: dict[str, str] | None = None) -> dict[str, Any]:
    """A request as an HTTP API hands it on."""
    return {
        "version": "2.0", "routeKey": f"{method} {path}", "rawPath": path, "rawQueryString": "", "isBase64Encoded": True,
        "headers": {"content-type": "application/json", "x-forwarded-for": ADDRESS, "x-signature": "00"},
        "queryStringParameters": query or {}, "pathParameters": {"placement": "home", "customer_id": REF, "id": REF},
        "body": base64.b64encode(body.encode()).decode(),
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": ADDRESS}, "requestId": "r"},
    }  # fmt: skip


EVENTS: dict[str, list[Any]] = {
    "onboarding_starter": [records(LANDED, {"no": EMAIL})],
    "stage_file": [{"bucket": "landing", "key": "dms/crm/customers/part-1.csv", "etag": "e", "size": 3}],
    "commit_files": [records(STAGED)],
    "customer_view": [{"as_of": "2026-01-01T00:00:00Z"}],
    "interactions_export": [{}],
    "personalize_put": [{}],
    "pipeline_run": [{"action": "start", "definition": "churn-score"}],
    "activation_starter": [records({"detail": {"object": {"key": "scores/model=churn/as_of=2026-01-01/run=r1/manifest.json"}}})],
    "audience": [{"run": "r", "as_of": "2026-01-01", "manifests": {"churn": "scores/m.json"}}],
    "review_scores": [{"run": "r", "as_of": "2026-01-01", "manifests": {"churn": "scores/m.json"}}],
    "review_gate": [{"action": "wait", "run": "r", "token": "canary"}, {"action": "check", "run": "r"}],
    "review_api": [
        request("GET", "/reviews", query={"status": EMAIL}),
        request("POST", "/reviews/{run}/approve", body=json.dumps({"reason": NAME, "digest": PHONE})),
    ],
    "campaign_audiences": [{"run": "r", "as_of": "2026-01-01", "parts": ["activation/p.gz"]}],
    "segment_bridge": [{"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz", "key": "activation/p.gz", "offset": 0}],
    "segment_files": [{"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz", "offset": 0}],
    "file_bridge": [{"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz", "key": "activation/p.gz"}],
    "profiles_bridge": [
        {"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz", "offset": 0},
        {"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz", "step": "load"},
        {"run": "r", "as_of": "2026-01-01", "step": "prove"},
    ],
    "pinpoint_bridge": [{"action": "start", "run": "r", "as_of": "2026-01-01"}, {"action": "campaigns", "run": "r", "job_id": "j"}],
    "close_ledger": [{"run": "r"}],
    "event_door": [request("POST", "/segment", body=json.dumps(MESSAGE)), request("POST", "/segment", body=EMAIL)],
    "event_destination": [MESSAGE, {**MESSAGE, "userId": {"id": EMAIL}}, {**MESSAGE, "event": NAME}],
    "event_source": [records(SENT, {**SENT, "detail": {**MESSAGE, "userId": [REF]}}, {"detail": EMAIL})],
    "personalize_relay": [records(BUS_EVENT, {"detail": EMAIL})],
    "personalize_setup": [{"action": "recommenders"}],
    "keep_recommendations": [{}],
    "profiles_api": [
        request("GET", "/profiles/{id}", query={"fields": EMAIL}),
        request("GET", "/profiles", query={"email_sha256": EMAIL}),
        request("GET", "/members", query={"segment": EMAIL, "after": REF}),
    ],
    "segment_windows": [records(BUS_EVENT, {"detail": {**LIVE, "at": "2126-10-01T08:00:00+00:00"}}, {"detail": EMAIL})],
    "segment_timer": [records({"who": "canary", "rule": "abandoned-cart", "due": 1, "version": "1/canary"}, {"no": EMAIL}, EMAIL)],
    "segment_relay": [records({**SEGMENT_EVENT, "time": "2026-10-01T08:00:00Z"}, {"detail": EMAIL})],
    "redecide": [records({**BUS_EVENT, "detail": {**LIVE, "name": "Order Completed"}}, SEGMENT_EVENT, {**BUS_EVENT, "detail": EMAIL})],
    "live_messenger": [
        records({"detail": {**DECIDED, "customer_id": "canary", "items": [REF]}}, {"detail": {"customer_id": EMAIL, "action": NAME}}, EMAIL)
    ],
    "consent_writer": [records(BUS_EVENT, {"detail": EMAIL})],
    "feedback_writer": [{"as_of": "2026-01-01T00:00:00Z"}],
    "learn_recommendations": [{"as_of": "2026-01-01T00:00:00Z"}],
    "land_run": [{"run": "r", "as_of": "2026-01-01"}, {"run": "r", "as_of": "2026-01-01", "part": "part-000"}],
    "replay_run": [{"run": "r", "as_of": "2026-01-01", "replay": 1, "sinks": ["segment", "file"]}],
    "decide_audience": [{"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz"}],
    "decisions_api": [
        request("POST", "/decisions", body=json.dumps({"customer_ref": REF, "context": {"event": NAME}, "fresh": True})),
        request("POST", "/decisions", body=json.dumps({"customer_id": EMAIL, "channel": PHONE, NAME: 1})),
        request("POST", "/decisions", body=EMAIL),
    ],
    "score_customer": [{"customer_id": REF, "model": "churn"}, {"customer_id": REF, "model": EMAIL}, {"model": "churn", "events": [EMAIL]}],
    "score_writer": [{"run": "r", "as_of": "2026-01-01", "part": "activation/p.gz", "key": "activation/p.gz"}],
    "segment_writer": [
        records({"detail": {"object": {"key": "segments/as_of=2026-01-01/run=r1/_manifest.json"}}}),
        records({"run": "r1", "as_of": "2026-01-01", "part": "segments/as_of=2026-01-01/run=r1/part-000.parquet"}, {"no": EMAIL}),
    ],
    "quality_report": [{}],
    "stage_job": [{"action": "start", "job": "j", "landed": {"bucket": "landing", "key": "dms/part-1.csv", "etag": "e", "size": 3}}],
    "transform_job": [{"action": "measure", "names": ["customer_view"]}],
    "privacy_export": [{"request": "r", "customer_id": "c_1"}],
    "privacy_objects": [{"action": "list", "request": "r", "round": 1, "cursor": {}}],
    "privacy_proof": [{"action": "list", "request": "r", "round": 1, "cursor": {}}],
    "privacy_sinks": [{"action": "tell", "request": "r"}],
    "privacy_state": [{"action": "stop", "request": "r"}],
    "privacy_subject": [{"action": "open", "request": "r", "customer_id": "c_1"}],
    "recommendations_api": [request("GET", "/recommendations/home", query={"customer_id": REF, "email": EMAIL})],
}


@dataclass
class Context:
    memory_limit_in_mb: str = "2048"
    aws_request_id: str = "r"
    function_name: str = "canary-test"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:f"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


DOORS = sorted(module.name for module in pkgutil.iter_modules(lambdas.__path__))


def test_every_function_is_here():
    assert sorted(EVENTS) == DOORS


@pytest.mark.parametrize("door", DOORS)
def test_nothing_personal_is_said(door: str, endpoint: str, monkeypatch: pytest.MonkeyPatch):
    module = import_module(f"lambdas.{door}")
    _surround(module, endpoint, monkeypatch)

    said = "\n".join(_said(module, event) for event in EVENTS[door])

    assert [canary for canary in CANARIES if canary.lower() in said.lower().replace("canary-test", "")] == []


def _surround(module: ModuleType, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's own environment, the logger at its most talkative, and services that have nothing of what it asks for."""
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    variables = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}
    variables["POWERTOOLS_LOG_LEVEL"] = "DEBUG"
    environments = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Env) and v is not Env]
    variables |= {name.upper(): NEEDED.get(name, "x") for e in environments for name in e.names()}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    clients.forget()


def _said(module: ModuleType, event: Any) -> str:
    """Everything that a person or a log would see of one invocation."""
    heard = io.StringIO()
    loggers = [v for v in vars(module).values() if isinstance(v, Logger)]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.registered_handler.setStream(heard)
    failed = ""
    with redirect_stdout(heard), redirect_stderr(heard):
        try:
            answer = json.dumps(module.handler(event, Context()), default=str)
        except Exception:
            failed, answer = traceback.format_exc(), ""
    status = json.loads(answer).get("statusCode", 200) if answer.startswith("{") else 200
    return heard.getvalue() + failed + (answer if status >= 400 else "")
