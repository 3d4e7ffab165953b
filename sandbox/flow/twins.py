"""Asking the twins what they received, and telling Segment's which write key is good."""

import json
import secrets
from typing import Any

import urllib3

from omnichannel.contracts.scores import LIVE_SEGMENTS
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError

HELD = {"segment": "segment/delivered", "pinpoint": "pinpoint/endpoints", "personalize": "personalize-events/events"}
"""Sinks, and where each twin shows what it holds."""


def delivered(cloud: Cloud, sink: str) -> list[dict[str, Any]]:
    """What a sink's twin holds, oldest first; outside the sandbox a sink cannot be asked, so nothing.

    Of Segment it is what activation runs have sent; what the relay of live changes tells in between comes when it comes.
    """
    found = list(_call(cloud, "GET", HELD[sink])) if cloud.sandboxed else []
    return [record for record in found if LIVE_SEGMENTS not in record.get("traits", {})] if sink == "segment" else found


def ask(cloud: Cloud, what: str) -> Any:
    """What a twin answers to `/inspect/<what>`, such as `segment/counters`."""
    return _call(cloud, "GET", what)


def configure(cloud: Cloud, twin: str, **settings: Any) -> None:
    """Change settings of a twin."""
    _call(cloud, "POST", f"{twin}/configure", settings)


def connect_segment(cloud: Cloud) -> None:
    """Give the sandbox's Segment a write key and store it as the operator would; an existing key is kept.

    An app that writes files for Segment, or has no Segment, keeps no key: there is nothing to do.
    """
    if not cloud.deployment.segment_secret:
        return
    manager, secret = cloud.client("secretsmanager"), cloud.deployment.segment_secret
    current = manager.get_secret_value(SecretId=secret)["SecretString"]
    key = json.loads(current).get("write_key", "") if current.startswith("{") else ""
    if not key.startswith("sandbox-"):
        key = f"sandbox-{secrets.token_hex(16)}"
        manager.put_secret_value(SecretId=secret, SecretString=json.dumps({"write_key": key}))
    _call(cloud, "POST", "segment/configure", {"write_keys": [key]})


def _call(cloud: Cloud, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    if cloud.sandbox is None:
        raise SandboxError("Asking a twin", "this is an AWS account; twins are only in a sandbox")
    url = f"{cloud.sandbox.twin_url}/inspect/{path}"
    headers = {"content-type": "application/json"}
    response = urllib3.PoolManager(timeout=60, retries=False).request(method, url, body=json.dumps(body) if body else None, headers=headers)
    if response.status >= 300:
        raise SandboxError("Asking a twin", f"{method} /inspect/{path} answered {response.status}: {response.data.decode()[:500]}")
    return json.loads(response.data)
