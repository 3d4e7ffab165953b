"""What a twin gets when it starts."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.twins.authorization import Authorization
from sandbox.twins.cloud import Cloud
from sandbox.twins.records import Records
from sandbox.twins.store import Store

SERVED_AT: ContextVar[str] = ContextVar("SERVED_AT")
"""Where the request being answered came in: `https://127.0.0.1:PORT`."""


@dataclass(frozen=True, kw_only=True)
class TwinContext:
    """A twin's surroundings: its folder, its memory, its clock, and the way to MiniStack."""

    directory: Path
    records: Records
    store: Store
    cloud: Cloud
    now: Callable[[], datetime]
    account: str = "000000000000"
    authorization: Authorization | None = None
    twin: Callable[[str], Any] = field(default=lambda name: None)
    """The twin of another service, by its botocore name."""

    @property
    def region(self) -> str:
        """The sandbox's one region."""
        return self.cloud.region

    @property
    def url(self) -> str:
        """The server's own URL; only known while it answers a request."""
        return SERVED_AT.get()

    def permit(self, role_arn: str, action: str, resource: str, request: Mapping[str, Any], service: str) -> None:
        """For what a twin does in the name of a role: its policies must allow the action, and handing the roles in `request` to `service`.

        ServiceError `AccessDeniedException` otherwise. Without an authorization (a twin made in a test) everything is allowed.
        """
        if self.authorization is not None:
            self.authorization.require_call(role_arn.rpartition("/")[2], action, resource, request, service)

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:<service>:<region>:<account>:<resource>`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
