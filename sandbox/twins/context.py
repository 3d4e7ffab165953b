"""What a twin gets when it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.twins.cloud import Cloud
from sandbox.twins.records import Records
from sandbox.twins.store import Store


@dataclass(frozen=True, kw_only=True)
class TwinContext:
    """A twin's surroundings: its folder, its memory, its clock, and the way to MiniStack."""

    directory: Path
    records: Records
    store: Store
    cloud: Cloud
    now: Callable[[], datetime]
    account: str = "000000000000"

    @property
    def region(self) -> str:
        """The sandbox's one region."""
        return self.cloud.region

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:<service>:<region>:<account>:<resource>`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
