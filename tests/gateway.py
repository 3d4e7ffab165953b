"""The deployed APIs in one process: a WSGI application that asks the functions as API Gateway does (HTTP API, payload version 2.0)."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


class Gateway:
    """Routes by method and path template to functions; what has no route goes to the function of the same first segment.

    Whoever's `Authorization` is not `password` is not let in.
    """

    def __init__(self, routes: Mapping[tuple[str, str], Handler], password: str) -> None:
        self.routes, self.password = routes, password

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION") != self.password:
            start_response("403 Forbidden", [("content-type", "application/json")])
            return [b'{"message":"Forbidden"}']
        event = _event(environ)
        answer = self._handler(event)(event, None)
        start_response(f"{answer['statusCode']} .", list(answer["headers"].items()))
        return [answer["body"].encode()]

    def _handler(self, event: dict[str, Any]) -> Handler:
        method, path = event["requestContext"]["http"]["method"], event["rawPath"]
        for (verb, template), handler in self.routes.items():
            found = re.fullmatch(re.sub(r"\{([^}]+)\}", r"(?P<\1>[^/]+)", template), path)
            if found and verb == method:
                event["routeKey"], event["pathParameters"] = f"{verb} {template}", {n: unquote(v) for n, v in found.groupdict().items()}
                return handler
        event["routeKey"] = "$default"
        return next(handler for (_, template), handler in self.routes.items() if template.split("/")[1] == path.split("/")[1])


def _event(environ: Mapping[str, Any]) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query: dict[str, str] = {}
    for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return {
        "version": "2.0",
        "rawPath": environ["REQUEST_URI"].split("?")[0] if "REQUEST_URI" in environ else environ["PATH_INFO"],
        "rawQueryString": environ.get("QUERY_STRING", ""),
        "queryStringParameters": query or None,
        "requestContext": {"requestId": "r-1", "http": {"method": environ["REQUEST_METHOD"]}},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }
