"""From a path to a twin's method: permission, validation, the call, its record."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore import xform_name
from botocore.model import OperationModel

from sandbox.twins.authorization import Authorization
from sandbox.twins.errors import ServiceError
from sandbox.twins.faults import ANY, answered
from sandbox.twins.messages import Request, Response
from sandbox.twins.registry import AWS_TWINS, HTTP_TWINS, Twins, UnknownTwinError
from sandbox.twins.wire import Call, Wire, wire_for

LOG = logging.getLogger("sandbox.twins")
_AWS_PATH = re.compile(r"/aws/(?P<service>[^/]+)(?:/as/(?P<role>[^/]+))?(?=/|$)")
_INSPECT_PATH = re.compile(r"/inspect/(?P<twin>[^/]+)/(?P<what>.+)")


class Routing:
    """Answers every request of the server; never raises."""

    def __init__(self, twins: Twins, authorization: Authorization) -> None:
        self._twins = twins
        self._authorization = authorization

    def __call__(self, request: Request) -> Response:
        """The answer, whatever happens; what goes wrong in a twin is logged and answered as InternalFailure."""
        try:
            return self._answer(request)
        except UnknownTwinError as error:
            return Response.json({"message": str(error)}, 404)
        except Exception as error:
            LOG.exception("%s %s failed", request.method, request.path)
            return Response.json(
                {"__type": "InternalFailure", "message": f"{type(error).__name__}: {error}"}, 500, {"x-amzn-ErrorType": "InternalFailure"}
            )

    def _answer(self, request: Request) -> Response:
        if request.path == "/health":
            return Response.json({"status": "ok", "twins": self._twins.names()})
        if match := _AWS_PATH.match(request.path):
            return self._aws(unquote(match["service"]), match["role"] and unquote(match["role"]), request.under(match.group()))
        if match := _INSPECT_PATH.fullmatch(request.path):
            return self._inspect(unquote(match["twin"]), unquote(match["what"]), request)
        name = request.path.split("/")[1]
        if name not in HTTP_TWINS:
            return Response.json({"message": f"nothing is served at {request.path!r}; docs/sandbox.md lists what can be inspected"}, 404)
        below = request.under(f"/{name}")
        path = f"{below.path}?{below.query}" if below.query else below.path
        response: Response = self._twins.get(name).handle(request.method, path, request.headers, request.body)
        return response

    def _aws(self, service: str, role: str | None, request: Request) -> Response:
        twin = self._twins.get(service)
        wire = wire_for(service)
        try:
            operation, _ = wire.operation(request)
            if role is None:
                self._authorization.require_root(request.headers, f"{wire.iam_prefix}:{operation.name}")
            call = wire.read(request)
            if role is not None:
                self._permit(wire, twin, role, call)
            return self._answered(service, twin, role, wire, call)
        except ServiceError as error:
            return wire.error(error)

    def _permit(self, wire: Wire, twin: Any, role: str, call: Call) -> None:
        name = call.operation.name
        resources = twin.resource(name, call.params) if hasattr(twin, "resource") else "*"
        service = getattr(twin, "PRINCIPAL", str(wire.model.service_name).partition("-")[0])
        for resource in (resources,) if isinstance(resources, str) else resources:
            self._authorization.require_call(role, f"{wire.iam_prefix}:{name}", resource, call.params, service)

    def _answered(self, service: str, twin: Any, role: str | None, wire: Wire, call: Call) -> Response:
        def work(asked: Call) -> Mapping[str, Any]:
            return self._call(service, twin, role, asked)

        response, fault = answered(self._twins.faults(service), wire, call, work, getattr(twin, "BATCHES", {}))
        if fault is not None:
            self._twins.context(service).records.append("fault", service=service, operation=call.operation.name, fault=asdict(fault))
        return response

    def _call(self, service: str, twin: Any, role: str | None, call: Call) -> Mapping[str, Any]:
        method = getattr(twin, xform_name(call.operation.name), None)
        if method is None:
            raise ServiceError("UnknownOperationException", _not_spoken(service, call.operation), 501)
        received = {"service": service, "operation": call.operation.name, "role": role, "request": call.params}
        records = self._twins.context(service).records
        outcome = ""
        try:
            result: Mapping[str, Any] | None = method(call.params)
            outcome = "ok"
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            # What deletes a person is not remembered by that person's id.
            if outcome and call.operation.name not in getattr(twin, "UNRECORDED", ()):
                records.append("call", **received, outcome=outcome)
        return result or {}

    def _inspect(self, name: str, what: str, request: Request) -> Response:
        twin, records = self._twins.get(name), self._twins.context(name).records
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        try:
            if request.method == "POST" and name in AWS_TWINS and what == "configure":
                return Response.json(self._twins.faults(name).configure(**_plan(name, request)))
            if request.method == "POST" and hasattr(twin, "control"):
                return Response.json(twin.control(what, json.loads(request.body or b"{}")))
            if request.method == "GET" and what == "received":
                limit = query.pop("limit", None)
                return Response.json(records.read(limit=int(limit) if limit else None, **query))
            if request.method == "GET" and hasattr(twin, "inspect"):
                return Response.json(twin.inspect(what, query))
        except (ServiceError, ValueError) as error:
            return Response.json({"message": str(error)}, 400)
        return Response.json({"message": f"the {name} twin has nothing to {request.method} at {what!r}"}, 404)


def _plan(service: str, request: Request) -> dict[str, Any]:
    """The body of a `configure`. ValueError for what it cannot hold, an operation that the service lacks among it."""
    plan = json.loads(request.body or b"{}")
    if unknown := sorted(plan.keys() - {"answers", "rates"}):
        raise ValueError(f"unknown {', '.join(unknown)}; expected answers and rates")
    named = {each.get("operation") for each in plan.get("answers", ())} | set(plan.get("rates", ()))
    shared = [each for each, target in AWS_TWINS.items() if target == AWS_TWINS[service]]
    known = {ANY, None}.union(*(wire_for(each).model.operation_names for each in shared))
    if unknown := sorted(named - known):
        raise ValueError(f"{', '.join(shared)} has no operation {', '.join(unknown)}")
    return dict(plan)


def _not_spoken(service: str, operation: OperationModel) -> str:
    return f"the sandbox's {service} twin does not implement {operation.name}; see docs/fidelity.md for what it does"
