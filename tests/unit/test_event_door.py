"""Segment's webhook: who may speak, what is taken, and what the sender is told."""

import base64
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas import event_door
from lambdas.event_door import SECRET_SECONDS, CachedSecrets, respond
from omnichannel.aws import sigv4
from omnichannel.contracts.environment.events import EventDoorEnv
from omnichannel.realtime.door import REPLAY_WINDOW
from omnichannel.realtime.events import Event
from omnichannel.realtime.signature import Secrets, sign, valid
from omnichannel.realtime.webhook import MAX_BODY

ENV = EventDoorEnv(
    bus_name="omni-bus",
    webhook_secret="arn:aws:secretsmanager:us-east-1:000000000000:secret:webhook",
    forwarded='["Product Viewed", "Order Completed"]',
)
EVENTS = Path(__file__).parents[1] / "events"
BODY = (EVENTS / "segment_product_viewed.json").read_bytes()
SIGNED = sign(BODY, "current-secret")
NOW = datetime(2026, 11, 20, 10, 15, 31, tzinfo=UTC)
CANARIES = ("canary.viewer@example.org", "7946", "203.0.113.77", "ref-00042", "anon-7f3a", "current-secret")


class Aws:
    """Secrets Manager and the bus: remembers what it was asked, answers as told."""

    def __init__(self, *, secret=None, bus=None):
        self.secret = secret or {"current": "current-secret", "previous": "previous-secret"}
        self.bus = bus or {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
        self.asked, self.entries = 0, []

    def __call__(self, service, operation, request):
        if operation == "GetSecretValue":
            self.asked += 1
            return {"SecretString": self.secret if isinstance(self.secret, str) else json.dumps(self.secret)}
        if isinstance(self.bus, Exception):
            raise self.bus
        self.entries += request["Entries"]
        return self.bus


def _ask(aws, body=BODY, signature=None, *, encoded=False, secrets=None, headers=None):
    event = json.loads((EVENTS / "http_api_webhook.json").read_text())
    event["headers"]["x-signature"] = sign(body, "current-secret") if signature is None else signature
    event["headers"] = {name: value for name, value in {**event["headers"], **(headers or {})}.items() if value is not None}
    event["body"] = base64.b64encode(body).decode() if encoded else body.decode()
    event["isBase64Encoded"] = encoded
    secrets = secrets or CachedSecrets(clock=lambda: 0.0)
    return respond(event, ENV, call=aws, secrets=secrets, received_at=NOW)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_signed_event_is_on_the_bus_before_the_sender_hears_200(encoded):
    aws = Aws()

    answer = _ask(aws, encoded=encoded)

    entry = aws.entries[0]
    assert answer["statusCode"] == 200
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("omni-bus", "omnichannel.events", "Interaction")
    assert json.loads(entry["Detail"])["message_id"] == "ajs-next-1764000000000-7f3a"


def test_both_secrets_are_valid_while_one_replaces_the_other():
    secrets = Secrets(current="new", previous="old")

    answers = [valid(BODY, sign(BODY, secret), secrets) for secret in ("new", "old", "older", "")]

    assert answers == [True, True, False, False]


@pytest.mark.parametrize(
    "signature",
    ["", "0" * 40, sign(BODY, "current-secret")[:-1], sign(BODY, "current-secret").upper(), sign(BODY + b" ", "current-secret"), "é" * 40],
)
def test_a_wrong_signature_is_401_and_nothing_is_sent(signature):
    aws = Aws()

    answer = _ask(aws, signature=signature)

    assert (answer["statusCode"], aws.entries) == (401, [])


def test_without_a_previous_secret_the_empty_one_opens_nothing():
    aws = Aws(secret={"current": "current-secret"})

    answer = _ask(aws, signature=sign(BODY, ""))

    assert answer["statusCode"] == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" + BODY + b"]", 400),
        (BODY[:-20], 400),
        (b"", 400),
        (BODY.decode().encode("utf-16"), 400),
        (b'{"type": "track"}', 400),
        (b'{"x": "' + b"x" * MAX_BODY + b'"}', 413),
    ],
)
def test_what_can_never_work_is_refused_and_nothing_is_sent(body, status):
    aws = Aws()

    answer = _ask(aws, body, encoded=True)

    assert (answer["statusCode"], aws.entries) == (status, [])
    assert json.loads(answer["body"])["instance"] == "urn:request:request-1"


def test_a_batch_is_told_how_to_be_sent_instead():
    answer = _ask(Aws(), b"[" + BODY + b"]")

    assert "batch size to 1" in json.loads(answer["body"])["detail"]


@pytest.mark.parametrize(
    "bus",
    [
        {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]},
        sigv4.Refused("PutEvents", 500, "InternalException"),
        sigv4.Refused("PutEvents", 400, "AccessDeniedException"),
        sigv4.Unreachable("PutEvents: ReadTimeoutError"),
    ],
)
def test_an_event_the_bus_did_not_take_is_503_so_that_it_is_sent_again(bus):
    answer = _ask(Aws(bus=bus))

    assert answer["statusCode"] == 503


@pytest.mark.parametrize("secret", ["not json", '{"previous": "x"}', "[]"])
def test_an_unreadable_secret_refuses_nobody_for_good(secret):
    answer = _ask(Aws(secret=secret))

    assert answer["statusCode"] == 503


def test_a_rotated_secret_is_believed_within_five_minutes():
    aws, times = Aws(), iter([0.0, SECRET_SECONDS - 1.0, float(SECRET_SECONDS)])
    secrets = CachedSecrets(clock=lambda: next(times))

    before = [_ask(aws, secrets=secrets)["statusCode"] for _ in range(2)]
    aws.secret = {"current": "rotated-secret"}
    after = _ask(aws, signature=sign(BODY, "rotated-secret"), secrets=secrets)["statusCode"]

    assert (before, after, aws.asked) == ([200, 200], 200, 2)


def test_neither_log_nor_answer_shows_what_was_in_the_body(caplog, capsys):
    caplog.set_level(logging.DEBUG)
    aws = Aws(bus={"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "ref-00042"}]})
    unusable = json.dumps({**json.loads(BODY), "userId": ["ref-00042"]}).encode()

    answers = [_ask(Aws()), _ask(aws), _ask(aws, BODY[:-5]), _ask(aws, signature="0"), _ask(aws, unusable)]

    seen = caplog.text + str(capsys.readouterr()) + json.dumps(answers)
    assert len(caplog.records) == 4
    assert [canary for canary in CANARIES if canary in seen] == []


def test_the_door_starts_without_the_aws_sdk():
    code = f"import sys, {event_door.__name__}; print([m for m in ('boto3', 'botocore', 'pydantic') if m in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize("message", [{"event": "Coupon Entered"}, {"type": "page"}, {"type": "identify", "userId": "ref-00042"}])
def test_what_nobody_acts_on_is_200_and_counted_and_stays_outside(message, capsys):
    aws = Aws()

    answer = _ask(aws, json.dumps({**json.loads(BODY), **message}).encode())

    counted = json.loads(capsys.readouterr().out)
    assert (answer["statusCode"], answer["body"], aws.entries) == (200, '{"ignored":1}', [])
    assert (counted["Ignored"], counted["Door"]) == (1, "webhook")
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Omni/Events"


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ({"receivedAt": "2026-11-20T04:15:32Z"}, 200),
        ({"receivedAt": "2026-11-20T04:15:30Z"}, 400),
        ({"receivedAt": "2026-11-21T10:15:32Z"}, 400),
        ({"receivedAt": None, "sentAt": "2026-11-19T10:15:30Z"}, 400),
        ({"receivedAt": None, "sentAt": None}, 200),
        ({"receivedAt": None, "sentAt": None, "timestamp": None, "originalTimestamp": None}, 400),
        # A phone that was offline since yesterday.
        ({"timestamp": "2026-11-19T10:15:30Z", "sentAt": "2026-11-19T10:15:30Z"}, 200),
    ],
)
def test_a_copy_of_hours_ago_is_refused_however_well_signed(times, status):
    answer = _ask(Aws(), json.dumps({**json.loads(BODY), **times}).encode())

    assert answer["statusCode"] == status


def test_the_replay_window_is_longer_than_segment_tries():
    assert timedelta(hours=4) < REPLAY_WINDOW < timedelta(days=1)


@pytest.mark.parametrize(("changes", "status"), [({}, 200), ({"signature": "no"}, 401), ({"body": b"[]"}, 400)])
def test_no_answer_is_kept_by_anybody_on_the_way(changes, status):
    answer = _ask(Aws(), **changes)

    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (status, "no-store")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json; charset=utf-8"}, 200),
        ({"content-type": "application/json;charset=\"UTF-8\""}, 200),
        ({"content-type": None}, 200),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "identity"}, 200),
        # Chunks are put together before a function sees them; the header says nothing more.
        ({"transfer-encoding": "chunked"}, 200),
        ({"x-signature": f"{SIGNED},{SIGNED}"}, 401),
        ({"X-Signature": SIGNED}, 401),
        ({"x-signature": None, "X-Signature": SIGNED}, 200),
        ({"x-signature": 5}, 401),
    ],
)  # fmt: skip
def test_headers_say_one_thing_or_nothing(headers, status):
    aws = Aws()

    answer = _ask(aws, headers=headers)

    assert (answer["statusCode"], len(aws.entries)) == (status, int(status == 200))


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_json = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=10)
_headers = st.dictionaries(st.sampled_from(["x-signature", "X-Signature", "content-type", "Content-Encoding"]) | st.text(), _scalars)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "body": _scalars | st.binary().map(lambda raw: base64.b64encode(raw).decode()) | st.just(BODY.decode()),
            "isBase64Encoded": _scalars,
            "headers": st.none() | _headers | st.lists(st.text()) | st.text(),
        },
    )
)
def test_no_unsigned_request_gets_in_or_breaks_the_door(event):
    aws = Aws()

    answer = respond(event, ENV, call=aws, secrets=CachedSecrets(clock=lambda: 0.0), received_at=NOW)

    assert answer["statusCode"] in (400, 401, 413, 415)
    assert aws.entries == []


@given(_json | st.dictionaries(st.sampled_from(sorted(json.loads(BODY))), _json).map(lambda some: {**json.loads(BODY), **some}))
def test_a_signed_body_is_taken_ignored_or_refused_and_nothing_else(message):
    aws = Aws()

    answer = _ask(aws, json.dumps(message).encode(), encoded=True)

    assert answer["statusCode"] in (200, 400, 413)
    assert len(aws.entries) == int(answer["body"] == '{"accepted":1}')
    assert all(Event.from_detail(json.loads(entry["Detail"])) for entry in aws.entries)


@given(st.binary())
def test_signed_bytes_that_are_no_message_are_refused(body):
    aws = Aws()

    answer = _ask(aws, body, encoded=True)

    assert (answer["statusCode"], aws.entries) == (400, [])
