"""Calls to the deployment's HTTP APIs, signed where they ask for it, in the sandbox as in AWS."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError

_API = re.compile(r"https://(?P<id>[a-z0-9]+)\.execute-api\.[^/]+(?P<path>/.*)?$")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, decoded JSON where it is JSON, headers."""

    status: int
    body: Any
    headers: Mapping[str, str]


def reachable(cloud: Cloud, url: str) -> str:
    """The URL under which an API answers; the sandbox has no DNS, so there the API's id stands in the path."""
    found = _API.match(url)
    if not cloud.sandboxed or not found:
        return url.rstrip("/")
    return f"{cloud.endpoint}/_aws/execute-api/{found['id']}/$default{found['path'] or ''}".rstrip("/")


def post(cloud: Cloud, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST bytes as they are."""
    return _answer(_pool().request("POST", reachable(cloud, url), body=body, headers=dict(headers)))


def get_signed(cloud: Cloud, url: str, query: Mapping[str, str]) -> Answer:
    """GET with the caller's own credentials, as an API with IAM authorisation wants it."""
    return _signed(cloud, "GET", f"{reachable(cloud, url)}?{urlencode(query)}" if query else reachable(cloud, url))


def post_signed(cloud: Cloud, url: str, value: Mapping[str, object]) -> Answer:
    """POST a value as JSON with the caller's own credentials."""
    return _signed(cloud, "POST", reachable(cloud, url), json.dumps(value).encode())


def _signed(cloud: Cloud, method: str, target: str, body: bytes | None = None) -> Answer:
    request = AWSRequest(method, target, data=body, headers={"content-type": "application/json"} if body else {})
    credentials = cloud.session.get_credentials()
    if credentials is None:
        raise SandboxError("Signing a request", "there are no AWS credentials", hint="aws sso login, or AWS_PROFILE=…")
    SigV4Auth(credentials, "execute-api", cloud.region).add_auth(request)
    return _answer(_pool().request(method, target, body=body, headers=dict(request.headers.items())))


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=30), retries=False)


def _answer(response: urllib3.BaseHTTPResponse) -> Answer:
    text = response.data.decode()
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    return Answer(response.status, body, response.headers)
