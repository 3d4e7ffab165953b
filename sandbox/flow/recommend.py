"""Ask the recommendations API as a shop's page would."""

from typing import Any

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import http


def recommendations(cloud: Cloud, placement: str, **query: str) -> dict[str, Any]:
    """The API's answer for one placement; raises `SandboxError` with its problem document unless it is a 200."""
    url = f"{cloud.deployment.recommendations_url.rstrip('/')}/recommendations/{placement}"
    answer = http.get_signed(cloud, url, {name: value for name, value in query.items() if value})
    if answer.status != 200:
        raise SandboxError("Recommendations", f"GET /recommendations/{placement} answered {answer.status}: {answer.body}")
    return dict(answer.body)
