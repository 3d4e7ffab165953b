"""Signed calls to AWS JSON services without botocore, for the one function whose start-up somebody waits for.

`call` knows the two services of the event door; endpoint, region and credentials come from the environment under the SDK's names.
"""

import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol, Self
from urllib.parse import quote, urlsplit

import urllib3

CONNECT_TIMEOUT_SECONDS = 0.8
READ_TIMEOUT_SECONDS = 1.2
TRIES = 2
QUICK_SECONDS = 0.25
"""What fails later than this is not tried again: whoever waits for us would have gone."""
LONGEST_SECONDS = QUICK_SECONDS + CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS
"""What a call takes at most where the service has one address: a quick failure, and a try that hangs. A request to the door makes two, and
Segment waits for five seconds. urllib3 gives each further address of a name that cannot be connected to its own connect time-out; the
function's time limit ends that, and Segment sends again."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One JSON service: its signing name, the prefix of `X-Amz-Target`, and the SDK's variable for another endpoint."""

    signing_name: str
    target: str
    endpoint_variable: str


SECRETS_MANAGER = Service(signing_name="secretsmanager", target="secretsmanager", endpoint_variable="AWS_ENDPOINT_URL_SECRETS_MANAGER")
EVENTBRIDGE = Service(signing_name="events", target="AWSEvents", endpoint_variable="AWS_ENDPOINT_URL_EVENTBRIDGE")


class Refused(Exception):
    """The service answered with an error; `code` is the service's own word for it."""

    def __init__(self, operation: str, status: int, code: str) -> None:
        self.status, self.code = status, code
        super().__init__(f"{operation}: {code or 'no error code'} (HTTP {status})")


class Unreachable(Exception):
    """No answer within the time-outs, after every try."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What signs a request; never shown by `repr`."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The credentials that Lambda puts into a function's environment; a missing one is an error that names it."""
        missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not environ.get(name)]
        if missing:
            raise LookupError(f"environment lacks {', '.join(missing)}: no credentials to sign with")
        return cls(
            access_key=environ["AWS_ACCESS_KEY_ID"],
            secret_key=environ["AWS_SECRET_ACCESS_KEY"],
            token=environ.get("AWS_SESSION_TOKEN", ""),
        )


class Response(Protocol):
    """What `urllib3` answers with."""

    status: int
    data: bytes


class Http(Protocol):
    """A connection pool: `urllib3.PoolManager`, or a few lines in a test."""

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Any:
        """Sends one request and returns a `Response`; raises `urllib3.exceptions.HTTPError` when there is none."""


@cache
def pool() -> urllib3.PoolManager:
    """The process's connections; certificates are checked against the system's authorities or `SSL_CERT_FILE`."""
    timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS)
    return urllib3.PoolManager(ssl_context=ssl.create_default_context(), timeout=timeout, retries=False)


def call(
    service: Service,
    operation: str,
    request: Mapping[str, object],
    *,
    environ: Mapping[str, str],
    http: Http,
    at: datetime,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """One operation of a JSON service, tried twice; raises `Refused` or `Unreachable`.

    A broken connection, throttling or a 5xx is tried again at once, where it came quickly: the callers' callers retry over hours, so no
    waiting here. `clock` counts seconds.
    """
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise LookupError("environment lacks AWS_REGION")
    url = endpoint(service, region, environ)
    body = json.dumps(request, separators=(",", ":")).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{service.target}.{operation}"}
    signed = sign("POST", url, headers, body, Credentials.from_environ(environ), region=region, service=service.signing_name, at=at)
    failure: Exception = Unreachable(f"{operation}: no answer")
    began = clock()
    for number in range(TRIES):
        if number and clock() - began > QUICK_SECONDS:
            break
        try:
            answer: Response = http.request("POST", url, body=body, headers=signed)
        except urllib3.exceptions.HTTPError as broken:
            failure = Unreachable(f"{operation}: {type(broken).__name__}")
            continue
        if answer.status == 200:
            return dict(json.loads(answer.data or b"{}"))
        failure = Refused(operation, answer.status, _code(answer.data))
        if answer.status < 500 and answer.status != 429:
            break
    raise failure


def endpoint(service: Service, region: str, environ: Mapping[str, str]) -> str:
    """Where the service is: its own variable, else the one for all services, else AWS; always with a path."""
    url = environ.get(service.endpoint_variable) or environ.get("AWS_ENDPOINT_URL")
    return f"{(url or f'https://{service.signing_name}.{region}.amazonaws.com').rstrip('/')}/"


def sign(
    method: str, url: str, headers: Mapping[str, str], body: bytes, credentials: Credentials, *, region: str, service: str, at: datetime
) -> dict[str, str]:
    """The headers with Signature Version 4 added (all of them signed, header names in lower case); `at` is an aware time."""
    parts = urlsplit(url)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed |= {"host": parts.netloc, "x-amz-date": stamp, "x-amz-content-sha256": digest}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    canonical = "\n".join([method, quote(parts.path or "/", safe="/-_.~"), query, lines, names, digest])
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["authorization"] = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return signed


def _code(data: bytes) -> str:
    """The error's name in a JSON service's answer, without its namespace."""
    try:
        kind = json.loads(data).get("__type", "")
    except (ValueError, AttributeError):
        return ""
    return str(kind).rsplit("#", 1)[-1]
