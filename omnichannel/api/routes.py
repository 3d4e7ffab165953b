"""Requests that an API has no route for: API Gateway hands them on under `$default`, and they are told what there is."""

import re
from collections.abc import Mapping
from typing import Any

from omnichannel.api.problem import Unanswerable

NO_ROUTE = "$default"


def routed(event: Mapping[str, Any], method: str, *paths: str) -> None:
    """Refuses what came by no route of its own, where the API has `method` under `paths` (as OpenAPI writes them).

    Raises `Unanswerable`: 405 for another method under one of them, 404 for another path.
    """
    if event.get("routeKey") != NO_ROUTE:
        return
    if any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), str(event.get("rawPath", ""))) for path in paths):
        raise Unanswerable(405, "Another method", f"expected {method}", allow=method)
    raise Unanswerable(404, "Unknown path", f"expected {' or '.join(f'{method} {path}' for path in paths)}")
