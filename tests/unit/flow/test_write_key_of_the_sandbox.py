"""Storing the write key of the sandbox's Segment after a deployment."""

from types import SimpleNamespace
from typing import Any

from omnichannel.contracts.deployment import Deployment
from sandbox.flow import twins


def test_an_app_that_writes_files_for_segment_is_deployed_without_a_key():
    def client(service: str) -> Any:
        raise AssertionError(f"{service} was asked, and there is nothing to ask it for")

    cloud: Any = SimpleNamespace(deployment=Deployment(), client=client)

    assert twins.connect_segment(cloud) is None  # type: ignore[func-returns-value]
