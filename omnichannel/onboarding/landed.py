"""A landed object as its event names it, and the execution that onboards it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class NotAnObjectEvent(ValueError):
    """A message on the onboarding queue that names no landed object."""


@dataclass(frozen=True, kw_only=True)
class LandedObject:
    """One object of the landing bucket; `key` is plain (EventBridge does not encode it), `size` in bytes.

    `redrive` counts how often its refused rows are taken up again; `version` is the object's version id, where the event has one.
    """

    bucket: str
    key: str
    etag: str
    size: int
    redrive: int = 0
    version: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The input of the onboarding state machine."""
        return {name: value for name, value in asdict(self).items() if name not in _OPTIONAL or value}


def execution_name(bucket: str, key: str, etag: str, *again: int) -> str:
    """The execution that onboards this version of an object: the same event twice names the same execution.

    `again` are the numbers of the redrive and of the try at it.
    """
    return hashlib.sha256("\n".join((bucket, key, etag, *map(str, again))).encode()).hexdigest()[:40]


def object_in(body: str) -> LandedObject | None:
    """The object that a queue message announces; None for S3's test message and for folder markers.

    `body` is EventBridge's envelope of `Object Created`. Raises `NotAnObjectEvent` for anything else.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return None
        found = _object(message["detail"])
    except (ValueError, LookupError, TypeError, AttributeError) as malformed:
        raise NotAnObjectEvent("expected EventBridge's envelope of an S3 event: detail.bucket.name, detail.object.key") from malformed
    return None if found.key.endswith("/") else found


def _object(detail: Mapping[str, Any]) -> LandedObject:
    stored = detail["object"]
    return LandedObject(
        bucket=detail["bucket"]["name"], key=stored["key"], etag=str(stored.get("etag", "")).strip('"'), size=int(stored.get("size", 0)),
        version=str(stored.get("version-id") or ""),
    )  # fmt: skip


_OPTIONAL = frozenset({"redrive", "version"})
