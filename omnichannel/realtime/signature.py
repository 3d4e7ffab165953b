"""Segment's webhook signature: hex HMAC-SHA1 of the raw body with the shared secret."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """The shared secrets that are valid now: the current one and, while it is being rotated, the previous one."""

    current: str = field(repr=False)
    previous: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From the stored secret `{"current": …, "previous": …}`; anything else is an error that does not show it."""
        try:
            stored = json.loads(text)
        except ValueError:
            raise ValueError('the webhook secret is not JSON; expected {"current": "…", "previous": "…"}') from None
        if not isinstance(stored, dict) or not isinstance(stored.get("current"), str) or not stored["current"]:
            raise ValueError('the webhook secret lacks "current"; expected {"current": "…", "previous": "…"}')
        return cls(current=stored["current"], previous=str(stored.get("previous") or ""))


def valid(body: bytes, signature: str, secrets: Secrets) -> bool:
    """Whether the signature is the body's under either secret; takes the same time whichever matches, or none."""
    given = signature.encode("utf-8", "replace")
    # Without a previous secret the current one is compared twice, so that rotation does not show in the time.
    matches = [hmac.compare_digest(given, sign(body, secret).encode()) for secret in (secrets.current, secrets.previous or secrets.current)]
    return any(matches)


def sign(body: bytes, secret: str) -> str:
    """The signature of a body as Segment sends it: 40 hexadecimal digits in lower case."""
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()  # Segment's choice, not ours; HMAC-SHA1 still holds
