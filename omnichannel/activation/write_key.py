"""Segment's write key: read from Secrets Manager, kept for minutes, and never shown."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SECONDS_KEPT = 300.0
FIELD = "write_key"


class NoWriteKey(Exception):
    """The secret holds nothing that could be a write key."""


@dataclass(kw_only=True)
class WriteKey:
    """The write key of one source, from the secret `secret_id`: the key itself, or a JSON object with it under `write_key`."""

    secrets_manager: Any = field(repr=False)
    secret_id: str
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    _value: str = field(default="", init=False, repr=False)
    _read_at: float = field(default=0.0, init=False, repr=False)

    def get(self) -> str:
        """The key, not older than `SECONDS_KEPT`."""
        if not self._value or self.clock() - self._read_at >= SECONDS_KEPT:
            self._read()
        return self._value

    def changed(self) -> bool:
        """Reads the secret again; whether it holds another key than before."""
        before = self._value
        self._read()
        return self._value != before

    def _read(self) -> None:
        secret = self.secrets_manager.get_secret_value(SecretId=self.secret_id).get("SecretString", "")
        self._value = self._parsed(secret)
        self._read_at = self.clock()

    def _parsed(self, secret: str) -> str:
        # What is wrong with the secret may be told, what is in it may not: no cause, no value.
        if not secret.lstrip().startswith("{"):
            key: object = secret.strip()
        else:
            try:
                key = json.loads(secret).get(FIELD)
            except ValueError:
                key = None
        if not isinstance(key, str) or not key:
            raise NoWriteKey(f"secret {self.secret_id} holds no write key; expected the key itself or JSON with {FIELD!r}")
        return key
