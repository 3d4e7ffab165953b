"""MiniStack behind a door: it takes `test` and any account number for root's key, and anybody's word to reset it.

On a machine that others share, loopback alone would not keep them out. Served by the launcher in place of `ministack.app:app`.
"""

import gc
import json
import re
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import jsonata
from ministack.app import app as ministack  # type: ignore[import-untyped]
from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # type: ignore[import-untyped]
from ministack.services import dynamodb, lambda_svc, s3  # type: ignore[import-untyped]

from sandbox import checksums, shortcuts
from sandbox.unpacking import Package

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_SIGNED_BY = re.compile(r"(?:Credential=|Credential%3D|AWS |AWSAccessKeyId=)([^/%&:,\s]+)", re.IGNORECASE)
_WELL_KNOWN = re.compile(r"test|\d{12}")
OPEN = ("/_ministack/health", "/_ministack/ready", "/_ministack/cfn-response/", "/_ministack/cfn-signal/")
"""MiniStack's own paths that the sandbox uses: is it up, and the answers of custom resources."""


EXPRESSION_MILLISECONDS = 30_000
"""MiniStack gives an expression of a state machine one second of wall time, as AWS does; on a busy laptop that ends honest ones."""


def _take_time(expression: str, **options: Any) -> Any:
    return jsonata.Jsonata(expression, **(options | {"timeout": EXPRESSION_MILLISECONDS}))


jsonata.Jsonata.jsonata = staticmethod(_take_time)
EXPRESSIONS = shortcuts.Expressions()
jsonata.Jsonata.get_parser = staticmethod(lambda: EXPRESSIONS)


PACKAGE_BYTES = 300 * 1024 * 1024
"""What MiniStack takes of a changed package: those of this machine's Python are a tenth larger than those for AWS, whose size is tested."""
lambda_svc._UNZIPPED_LIMIT_BYTES = PACKAGE_BYTES


def in_its_group(arn: str, body: bytes, query: Mapping[str, Any]) -> str:
    """The ARN of a schedule as AWS checks it, `schedule/GROUP/NAME`; MiniStack takes every schedule for one of the default group."""
    before, default, name = arn.partition(":schedule/default/")
    if not default:
        return arn
    try:
        said = json.loads(body or b"{}").get("GroupName")
    except (ValueError, AttributeError):
        said = None
    asked = query.get("groupName") or "default"
    return f"{before}:schedule/{said or (asked[0] if isinstance(asked, list) else asked)}/{name}"


def _resource(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], region: str, account: str
) -> str:  # fmt: skip
    return in_its_group(_resource_of_ministack(service, method, path, headers, body, query, region, account), body, query)


_resource_of_ministack = iam_actions.extract_resource_arn
iam_actions.extract_resource_arn = _resource


def as_permitted(action: str | None) -> str | None:
    """The action that a policy names: SQS permits ten messages as it permits one, and MiniStack asks for `sqs:SendMessageBatch`."""
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def _action(*request: Any) -> str | None:
    return as_permitted(_action_of_ministack(*request))


_action_of_ministack = iam_actions.extract_iam_action
iam_actions.extract_iam_action = _action


shortcuts.install(dynamodb, iam_actions, iam_evaluator)
s3._crc64nvme = checksums.in_lanes(s3._crc64nvme, s3._CRC64NVME_TABLE)
lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": Package})
COLLECTED_AFTER = (100_000, 50, 100)
"""New objects before Python looks for cycles among them, and how seldom among older ones; at its own 700 that is a quarter of a write."""
gc.set_threshold(*COLLECTED_AFTER)


def refusal(scope: Scope) -> str:
    """Why a request is not let in; empty when it is."""
    path = str(scope["path"])
    if path.startswith("/_ministack/") and not path.startswith(OPEN):
        return f"{path} is closed in a sandbox"
    headers = (value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"authorization")
    for text in (*headers, scope["query_string"].decode("latin-1")):
        found = _SIGNED_BY.search(text)
        if found and _WELL_KNOWN.fullmatch(found[1]):
            return f"The access key {found[1]} is nobody's in this sandbox"
    return ""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application: MiniStack's, for those who hold a key of this sandbox."""
    reason = refusal(scope) if scope["type"] in ("http", "websocket") else ""
    if not reason:
        await ministack(scope, receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        body = json.dumps({"__type": "UnrecognizedClientException", "message": reason}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})
