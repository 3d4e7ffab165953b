"""Our signer agrees with botocore's, and its calls fail in ways that can be told apart."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from omnichannel.aws import sigv4

ENVIRON = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "eu-central-1",
}
AT = datetime(2026, 11, 20, 10, 15, 31, tzinfo=UTC)


class Http:
    """Answers with the given responses in turn."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    def request(self, method, url, *, body, headers):
        self.sent.append(SimpleNamespace(url=url, body=body, headers=headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(status=answer[0], data=answer[1])


def _call(http, environ=ENVIRON, clock=lambda: 0.0):
    return sigv4.call(sigv4.EVENTBRIDGE, "PutEvents", {"Entries": []}, environ=environ, http=http, at=AT, clock=clock)


@pytest.mark.parametrize("url", ["https://events.eu-central-1.amazonaws.com/", "https://127.0.0.1:4566/aws/events/as/role name/?b=1&a=2"])
def test_the_signature_is_the_one_botocore_makes(url, monkeypatch):
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: AT.replace(tzinfo=None), raising=False)
    headers, body = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents"}, b'{"Entries":[]}'
    credentials = sigv4.Credentials.from_environ(ENVIRON)

    ours = sigv4.sign("POST", url, headers, body, credentials, region="eu-central-1", service="events", at=AT)

    request = AWSRequest("POST", url, {**headers, "x-amz-content-sha256": ours["x-amz-content-sha256"]}, body)
    SigV4Auth(BotocoreCredentials("AKIDEXAMPLE", "secret", "token"), "events", "eu-central-1").add_auth(request)
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours["authorization"] == request.headers["Authorization"]


@pytest.mark.parametrize(
    ("extra", "url"),
    [
        ({}, "https://events.eu-central-1.amazonaws.com/"),
        ({"AWS_ENDPOINT_URL": "https://127.0.0.1:4566"}, "https://127.0.0.1:4566/"),
        ({"AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_ENDPOINT_URL_EVENTBRIDGE": "https://127.0.0.1:2/e"}, "https://127.0.0.1:2/e/"),
    ],
)
def test_the_endpoint_follows_the_variables_of_the_sdk(extra, url):
    assert sigv4.endpoint(sigv4.EVENTBRIDGE, "eu-central-1", extra) == url


def test_a_broken_connection_and_a_5xx_are_tried_again():
    http = Http(urllib3.exceptions.ProtocolError("reset"), (200, b'{"FailedEntryCount":0}'))

    answer = _call(http)

    assert (answer, len(http.sent)) == ({"FailedEntryCount": 0}, 2)


def test_a_refusal_is_told_in_the_services_own_words_and_not_repeated():
    http = Http((400, json.dumps({"__type": "com.amazonaws.events#AccessDeniedException", "Message": "arn:…"}).encode()))

    with pytest.raises(sigv4.Refused) as refused:
        _call(http)

    assert (refused.value.code, refused.value.status, len(http.sent)) == ("AccessDeniedException", 400, 1)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([urllib3.exceptions.ReadTimeoutError(None, "/", "slow")] * 2, sigv4.Unreachable),
        ([(503, b"<html>")] * 2, sigv4.Refused),
        ([(429, b"{}")] * 2, sigv4.Refused),
    ],
)
def test_two_failures_are_enough(answers, error):
    http = Http(*answers)

    with pytest.raises(error):
        _call(http)

    assert http.answers == []


def test_what_fails_slowly_is_not_tried_again():
    http, times = Http((503, b"slow"), (200, b"{}")), iter((0.0, sigv4.QUICK_SECONDS + 0.01))

    with pytest.raises(sigv4.Refused):
        _call(http, clock=lambda: next(times))

    assert len(http.sent) == 1


def test_the_calls_of_a_request_end_before_segment_stops_waiting():
    calls, segment_waits = 2, 5.0

    assert calls * sigv4.LONGEST_SECONDS < segment_waits


def test_missing_credentials_and_region_are_named():
    with pytest.raises(LookupError, match="AWS_SECRET_ACCESS_KEY"):
        _call(Http(), {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x"})
    with pytest.raises(LookupError, match="AWS_REGION"):
        _call(Http(), {})


def test_secrets_do_not_show_in_the_representation():
    shown = repr(sigv4.Credentials.from_environ(ENVIRON))

    assert "secret'" not in shown
    assert "token" not in shown
