"""The AWS wire protocols, seen from the service's side, out of botocore's own service models.

botocore reads responses and writes requests by shape; a service does the opposite with the same shapes. So its JSON parser reads
our requests and its JSON serializer writes our responses (both through one underscore method; botocore is pinned).
Spoken: the json protocol (`X-Amz-Target`) and rest-json (method and URI).
"""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import JSONParser
from botocore.serialize import JSONSerializer
from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator

from sandbox.twins.constraints import violations
from sandbox.twins.errors import ServiceError
from sandbox.twins.messages import Request, Response

_VALIDATION_CODES = ("ValidationException", "InvalidInputException", "BadRequestException")


@dataclass(frozen=True)
class Call:
    """One request, understood: which operation, and its input as boto3 would write it."""

    operation: OperationModel
    params: dict[str, Any]


class Wire:
    """Reads requests to one service and writes its responses and errors."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._parser = JSONParser(timestamp_parser=_timestamp, blob_parser=_blob)
        self._serializer = _Serializer()
        self._validator = ParamValidator()

    @property
    def iam_prefix(self) -> str:
        """What the service's IAM actions start with; it is the name requests are signed for."""
        return str(self.model.signing_name)

    def operation(self, request: Request) -> tuple[OperationModel, dict[str, str]]:
        """The operation that the request asks for, and the values of its URI labels."""
        if self._is_rest:
            return self._rest_operation(request)
        target = request.headers.get("x-amz-target", "")
        prefix, _, name = target.rpartition(".")
        if prefix != self.model.metadata["targetPrefix"] or name not in self.model.operation_names:
            raise ServiceError("UnknownOperationException", f"{self.model.service_name} has no operation {target!r}", 400)
        return self.model.operation_model(name), {}

    def read(self, request: Request) -> Call:
        """The request's operation and its input, checked against every limit that the model states."""
        operation, labels = self.operation(request)
        shape = operation.input_shape
        if shape is None:
            return Call(operation, {})
        try:
            params = self._rest_input(request, shape, labels) if self._is_rest else self._parse(shape, _json(request.body))
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise ServiceError("SerializationException", f"the request is not what {operation.name} takes: {error}", 400) from error
        self._check(operation, shape, params)
        return Call(operation, params)

    def write(self, operation: OperationModel, result: Mapping[str, Any]) -> Response:
        """The response of an operation. ValueError when `result` is not what the operation answers."""
        shape = operation.output_shape
        status = int(operation.http.get("responseCode", 200))
        if shape is None:
            return Response(status=status, body=b"" if self._is_rest else b"{}", headers=self._headers())
        values = _without_none(dict(result))
        report = self._validator.validate(values, shape)
        if report.has_errors():
            raise ValueError(f"the twin's answer to {operation.name} is not the service's: {report.generate_report()}")
        return self._rest_output(shape, values, status) if self._is_rest else self._reply(shape, values, status)

    def error(self, error: ServiceError) -> Response:
        """An error in the protocol's shape: code in `__type` and `x-amzn-ErrorType`, status by the model."""
        status = error.status or self._error_statuses.get(error.code, 400)
        body = {"message": error.message} if self._is_rest else {"__type": error.code, "message": error.message}
        return Response.json(body, status, {**self._headers(), "x-amzn-ErrorType": error.code})

    @property
    def _is_rest(self) -> bool:
        return bool(self.model.protocol == "rest-json")

    @cached_property
    def _error_statuses(self) -> dict[str, int]:
        return {
            shape.metadata["error"].get("code", shape.name): int(shape.metadata["error"]["httpStatusCode"])
            for shape in self.model.error_shapes
            if "httpStatusCode" in shape.metadata.get("error", {})
        }

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern[str], dict[str, str], OperationModel]]:
        """(method, path pattern, fixed query, operation), the most literal first."""
        operations = [self.model.operation_model(name) for name in self.model.operation_names]
        operations.sort(key=lambda operation: -len(re.sub(r"\{[^}]*\}", "", operation.http["requestUri"])))
        return [(each.http["method"], *_route(each.http["requestUri"]), each) for each in operations]

    def _rest_operation(self, request: Request) -> tuple[OperationModel, dict[str, str]]:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        for method, pattern, fixed, operation in self._routes:
            match = pattern.fullmatch(request.path) if method == request.method and fixed.items() <= query.items() else None
            if match:
                labels = re.findall(r"\{([^}+]*)\+?\}", operation.http["requestUri"].partition("?")[0])
                return operation, dict(zip(labels, map(unquote, match.groups()), strict=True))
        raise ServiceError(
            "UnknownOperationException", f"{self.model.service_name} has no operation at {request.method} {request.path}", 404
        )

    def _rest_input(self, request: Request, shape: StructureShape, labels: Mapping[str, str]) -> dict[str, Any]:
        payload = shape.serialization.get("payload")
        params: dict[str, Any] = {}
        if payload is None:
            params = self._parse(shape, _json(request.body))
        elif shape.members[payload].type_name in ("blob", "string"):
            params[payload] = request.body if shape.members[payload].type_name == "blob" else request.body.decode()
        elif request.body:
            params[payload] = self._parse(shape.members[payload], _json(request.body))
        query = parse_qsl(request.query, keep_blank_values=True)
        for name, member in shape.members.items():
            key = member.serialization.get("name", name)
            match member.serialization.get("location"):
                case "uri":
                    found = [labels[key]]
                case "querystring":
                    found = [value for other, value in query if other == key]
                case "header":
                    found = [request.headers[key.lower()]] if key.lower() in request.headers else []
                case _:
                    continue
            params.pop(name, None)  # a body cannot set what travels outside it
            if found:
                params[name] = (
                    [_scalar(member.member, each) for each in found] if isinstance(member, ListShape) else _scalar(member, found[0])
                )
        return params

    def _rest_output(self, shape: StructureShape, values: dict[str, Any], status: int) -> Response:
        headers = self._headers()
        for name, member in shape.members.items():
            if name in values and member.serialization.get("location") == "header":
                headers[member.serialization.get("name", name)] = str(values.pop(name))
            elif name in values and member.serialization.get("location") == "statusCode":
                status = int(values.pop(name))
        payload = shape.serialization.get("payload")
        if payload is None:
            return self._reply(shape, values, status, headers)
        content = values.get(payload, {})
        if isinstance(content, str | bytes):
            return Response(status=status, body=content.encode() if isinstance(content, str) else content, headers=headers)
        return self._reply(shape.members[payload], content, status, headers)

    def _reply(self, shape: Shape, values: Any, status: int, headers: dict[str, str] | None = None) -> Response:
        document: dict[str, Any] = {}
        self._serializer._serialize(document, values, shape, "body")  # type: ignore[attr-defined]
        content_type = "application/json" if self._is_rest else f"application/x-amz-json-{self.model.metadata['jsonVersion']}"
        return Response(
            status=status,
            body=json.dumps(document["body"]).encode(),
            headers={**(headers or self._headers()), "Content-Type": content_type},
        )

    def _parse(self, shape: Shape, value: Any) -> dict[str, Any]:
        parsed: dict[str, Any] = self._parser._parse_shape(shape, value)  # type: ignore[attr-defined]
        return parsed

    def _check(self, operation: OperationModel, shape: Shape, params: dict[str, Any]) -> None:
        report = self._validator.validate(params, shape)
        found = [report.generate_report()] if report.has_errors() else list(violations(params, shape))
        if found:
            modelled = [each.name for each in operation.error_shapes]
            code = next((each for each in _VALIDATION_CODES if each in modelled), _VALIDATION_CODES[0])
            raise ServiceError(code, f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {'; '.join(found)}", 400)

    @staticmethod
    def _headers() -> dict[str, str]:
        return {"x-amzn-RequestId": str(uuid.uuid4())}


@cache
def wire_for(service: str) -> Wire:
    """The wire of a botocore service name. botocore's UnknownServiceError when there is none."""
    return Wire(botocore.session.get_session().get_service_model(service))


class _Serializer(JSONSerializer):
    """botocore's, with the fractions of a second that AWS writes and clients never send."""

    def _timestamp_unixtimestamp(self, value: datetime) -> float:
        return round(value.timestamp(), 3)


def _route(uri: str) -> tuple[re.Pattern[str], dict[str, str]]:
    path, _, query = uri.partition("?")
    pieces = re.split(r"(\{[^}]*\})", path)
    pattern = "".join(("(.+)" if piece.endswith("+}") else "([^/]+)") if piece.startswith("{") else re.escape(piece) for piece in pieces)
    return re.compile(pattern), dict(parse_qsl(query, keep_blank_values=True))


def _json(body: bytes) -> Any:
    document = json.loads(body) if body else {}
    if not isinstance(document, dict):
        raise TypeError(f"expected a JSON object, got {type(document).__name__}")
    return document


def _scalar(shape: Shape, text: str) -> Any:
    match shape.type_name:
        case "integer" | "long":
            return int(text)
        case "float" | "double":
            return float(text)
        case "boolean":
            return text == "true"
        case "timestamp":
            return _timestamp(text)
        case "blob":
            return _blob(text)
    return text


def _timestamp(value: Any) -> datetime:
    return parse_timestamp(value).astimezone(UTC)


def _blob(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value
