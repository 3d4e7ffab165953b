"""The bus and the webhook's secrets by signed calls of our own: doors import no AWS SDK."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from omnichannel.aws import sigv4

Call = Callable[[sigv4.Service, str, Mapping[str, object]], dict[str, Any]]


def call(service: sigv4.Service, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
    """One operation with the function's own credentials; raises `sigv4.Refused` or `sigv4.Unreachable`."""
    return sigv4.call(service, operation, request, environ=os.environ, http=sigv4.pool(), at=datetime.now(UTC))


def put_events(request: Mapping[str, object]) -> dict[str, Any]:
    """EventBridge's PutEvents."""
    return call(sigv4.EVENTBRIDGE, "PutEvents", request)
