"""Who may speak to MiniStack."""

import pytest

from sandbox import gateway
from sandbox.gateway import refusal


def request(path="/", authorization="", query=""):
    headers = [(b"Authorization", authorization.encode())] if authorization else []
    return {"type": "http", "path": path, "headers": headers, "query_string": query.encode()}


def signed(key):
    return f"AWS4-HMAC-SHA256 Credential={key}/20261101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda key: request(authorization=signed(key)),
        lambda key: request(authorization=f"AWS {key}:signature"),
        lambda key: request(query=f"X-Amz-Credential={key}%2F20261101%2Fus-east-1%2Fs3%2Faws4_request"),
        lambda key: request(query=f"AWSAccessKeyId={key}&Signature=0"),
    ],
)
def test_keys_that_everybody_knows_are_refused(key, ask):
    assert key in refusal(ask(key))


@pytest.mark.parametrize("key", ["AKIAQ7Z2XJ5KLMNOPQRS", "ASIA0123456789ABCDEF", "tester"])
def test_other_keys_are_ministacks_to_judge(key):
    assert refusal(request(authorization=signed(key))) == ""


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_ministack/lambda-code/fn"])
def test_nobody_resets_or_reconfigures_a_sandbox_from_outside(path):
    assert "closed" in refusal(request(path))


@pytest.mark.parametrize("path", ["/_ministack/health", "/_ministack/cfn-response/token", "/_aws/execute-api/abc/segment", "/bucket/key"])
def test_what_needs_no_key_is_passed_on(path):
    assert refusal(request(path)) == ""


@pytest.mark.parametrize(
    ("body", "query", "group"),
    [
        (b'{"GroupName": "timers"}', {}, "timers"),
        (b"", {"groupName": ["timers"]}, "timers"),
        (b"", {}, "default"),
        (b"no JSON", {}, "default"),
    ],
)
def test_a_schedule_is_checked_in_its_group(body, query, group):
    arn = gateway.iam_actions.extract_resource_arn("scheduler", "POST", "/schedules/one", {}, body, query, "us-east-1", "000000000000")

    assert arn == f"arn:aws:scheduler:us-east-1:000000000000:schedule/{group}/one"


def test_a_package_for_this_machine_may_be_a_little_larger_than_aws_takes(monkeypatch):
    sizes = {b"here": 271_000_000, b"far too large": 400_000_000}
    monkeypatch.setattr(gateway.lambda_svc, "_unzipped_size", sizes.get)

    refused = {package: gateway.lambda_svc._validate_total_unzipped_size(package, []) is not None for package in sizes}

    assert refused == {b"here": False, b"far too large": True}


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("SendMessageBatch", "sqs:SendMessage"),
        ("DeleteMessageBatch", "sqs:DeleteMessage"),
        ("ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility"),
        ("SendMessage", "sqs:SendMessage"),
    ],
)
def test_ten_messages_are_permitted_as_one_is(operation, action):
    headers = {"x-amz-target": f"AmazonSQS.{operation}", "content-type": "application/x-amz-json-1.0"}

    assert gateway.iam_actions.extract_iam_action("sqs", "POST", "/", headers, b"{}", {}) == action


def test_batches_of_other_services_have_actions_of_their_own():
    headers = {"x-amz-target": "Logs_20140328.PutLogEvents"}

    assert gateway.as_permitted("codebuild:StartBuildBatch") == "codebuild:StartBuildBatch"
    assert gateway.iam_actions.extract_iam_action("logs", "POST", "/", headers, b"{}", {}) == "logs:PutLogEvents"
