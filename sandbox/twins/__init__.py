"""Twins: small servers that speak the AWS wire protocol for services MiniStack lacks, and do the work for real.

One HTTPS server on 127.0.0.1 (`python -m sandbox.twins --help`) serves them all:

| path | what answers |
|---|---|
| `/aws/<service>/as/<role name>/…` | the twin of that botocore service, after `SimulatePrincipalPolicy` of the role |
| `/aws/<service>/…` | the same, for the sandbox's own root key in the request's SigV4 `Credential` only |
| `/segment/…` | the plain HTTP twin of that name (the path it gets starts after the name) |
| `GET /inspect/<twin>/<what>?…` | JSON: what a twin received (`received`) or what its `inspect` method answers |
| `POST /inspect/<service>/configure` | planned faults and rates of an AWS twin (`sandbox/twins/faults.py`) |
| `POST /inspect/<twin>/<what>` | JSON in, JSON out: the twin's `control` method |
| `GET /health` | `{"status": "ok", "twins": […]}` |

Writing an AWS twin
-------------------
Register it in `sandbox/twins/registry.py` as `"<botocore service>": "module:Class"`; services that name the same class share one instance.

    class PinpointTwin:
        def __init__(self, context: TwinContext) -> None: ...

        def create_app(self, request: dict[str, Any]) -> dict[str, Any]: ...        # operation CreateApp

        def resource(self, operation: str, request: dict[str, Any]) -> str | tuple: ...   # optional: the ARNs IAM decides on; default "*"
        def inspect(self, what: str, query: dict[str, str]) -> Any: ...              # optional: answers /inspect/<twin>/<what>
        def control(self, what: str, body: dict[str, Any]) -> Any: ...               # optional: answers POST /inspect/<twin>/<what>
        def close(self) -> None: ...                                                # optional: end what the twin started

- An operation's method is its name in snake case (botocore's `xform_name`, what the boto3 client calls it). It gets the request as boto3
  shows it (datetimes aware in UTC, blobs as bytes), already checked against the service's model: required members, types, lengths,
  ranges, patterns, enums. It returns the response as boto3 would show it; members that are None are left out, and a member that
  the service does not have is an error.
- It refuses with `raise ServiceError(code, message, status=None)`: the code of a modelled error brings its own HTTP status, others 400.
- Calls arrive in parallel: guard what you keep in memory. The response is written after the method returns, so long work belongs in a
  thread that `close` ends.
- `PRINCIPAL` names the service as a principal where it is not the first word of its botocore name, `UNRECORDED` operations that leave no
  record, `BATCHES` how items of a batch fail by plan (`sandbox/twins/faults.py`).
- A refused call (permission, validation) never reaches the method; every call that does, and its outcome, is in `received.jsonl`.
- Request members called `RoleArn` (any spelling, any depth) need `iam:PassRole` for the caller, with `iam:PassedToService` the twin's
  service; the framework asks.

Writing a plain HTTP twin (Segment)
-----------------------------------
    class SegmentTwin:
        def __init__(self, context: TwinContext) -> None: ...
        def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response: ...

`path` starts with "/" and keeps its query string, header names are lower case, `body` is already unzipped when it came gzipped.
`inspect`, `control` and `close` as above. Records are the twin's own: `context.records.append("identify", …)`.

What the context holds (`sandbox/twins/context.py`)
---------------------------------------------------
`directory` (the twin's own folder, exists), `records` (append-only JSON lines, `append(kind, **fields)`, `read(limit=…, **equal)`),
`store` (documents that survive a restart: `put(kind, key, value)`, `get`, `delete`, `all(kind)`, `update(kind, key, change)`;
values are JSON plus datetimes), `now()` (aware, UTC), `account`, `region`, `arn(service, resource)`,
and `cloud` towards MiniStack: `cloud.client("s3")` as root, `cloud.client("s3", role_arn)` as a role, cached.
`permit(role_arn, action, resource, request, service)` asks IAM for what a twin does later in the name of a role.
"""
