"""What every group of the twin's operations shares: apps, endpoints, segments."""

import threading
from typing import Any

from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError
from sandbox.twins.pinpoint.endpoints import Endpoint
from sandbox.twins.pinpoint.segments import members

Body = dict[str, Any]


class Operations:
    """Documents by kind and key, and the endpoints of each app, read from the store once."""

    def __init__(self, context: TwinContext) -> None:
        self._context = context
        self._store = context.store
        self._lock = threading.RLock()
        self._endpoints: dict[str, dict[str, Endpoint]] = {}

    def _of(self, app: str) -> dict[str, Endpoint]:
        with self._lock:
            if app not in self._endpoints:
                self._endpoints[app] = {each["Id"]: each for each in self._store.all(f"endpoint/{app}")}
            return self._endpoints[app]

    def _members(self, app: str, segment: Body) -> set[str]:
        with self._lock:
            endpoints = list(self._of(app).values())
        return members(segment, endpoints, lambda key: self._segment(app, key))

    def _app(self, request: Body) -> Body:
        return self._found("app", request["ApplicationId"], "application")

    def _segment(self, app: str, key: str) -> Body:
        return self._found(f"segment/{app}", key, "segment")

    def _found(self, kind: str, key: str, name: str) -> Body:
        found = self._store.get(kind, key)
        if found is None:
            raise ServiceError("NotFoundException", f"no {name} {key}")
        return found

    def _stamp(self) -> str:
        return self._context.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
