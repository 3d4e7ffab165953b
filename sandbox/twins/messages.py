"""HTTP requests and responses as plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request. `path` is still percent-encoded, header names are lower case, `body` is decompressed."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def under(self, prefix: str) -> "Request":
        """The same request as seen below `prefix`; its path starts with a slash again."""
        rest = self.path[len(prefix) :]
        return Request(
            method=self.method, path=rest if rest.startswith("/") else f"/{rest}", query=self.query, headers=self.headers, body=self.body
        )


@dataclass(frozen=True, kw_only=True)
class Response:
    """One HTTP response; Content-Length is the server's business. `reset` ends the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> "Response":
        """`value` as a JSON document; datetimes and other unknown values are written as text."""
        body = json.dumps(value, default=str).encode()
        return cls(status=status, body=body, headers={"Content-Type": "application/json", **(headers or {})})
