"""Clients for calls that somebody waits for: short tries, few of them, and none any more once the answer is due.

Of every API the function's own limit lies behind the moment until which a call may begin and the longest that a call takes (the numbers
are below), so that a table that hangs, throttles or crawls ends as an answer of ours, and never as API Gateway's own error.
"""

import random
import time
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.session import Session

SECONDS = 4.0
"""For so long calls of a request begin."""
LONGEST_STATE_SECONDS, LONGEST_SCORE_SECONDS = 4.0, 14.5
"""What a call takes at most: of a table two tries of 1.5 s and botocore's random wait of up to a second in between; of a score one try."""
# Without state there is no answer at all; a recommender that is slow is done without.
_ONCE = Config(connect_timeout=0.25, read_timeout=0.35, retries={"mode": "standard", "total_max_attempts": 1})
_STATE = Config(connect_timeout=0.5, read_timeout=1.0, retries={"mode": "standard", "total_max_attempts": 2})
_SCORE = Config(connect_timeout=0.5, read_timeout=14.0, retries={"mode": "standard", "total_max_attempts": 1})
_CONFIGS = {"dynamodb": _STATE, "lambda": _SCORE}


class NotInTime(BotoCoreError):
    """Nothing more is asked for a request that is due."""

    fmt = "not answered in time"


@cache
def _session() -> Session:
    # Botocore's own: boto3 would be a seventh of a start, and adds nothing to a client that we use.
    return Session()


@cache
def waiting_client(name: str) -> Any:
    """The process's client of one service for calls that must be answered at once."""
    return _session().create_client(name, config=_CONFIGS.get(name, _ONCE))


def forget() -> None:
    """Drops the session and every client, for a process whose region, endpoint or credentials changed (tests)."""
    waiting_client.cache_clear()
    _session.cache_clear()


class InTime:
    """A client for one request: asked after `seconds` from now it raises `NotInTime`.

    Batches of DynamoDB are read whole meanwhile: what a busy table leaves is asked for again after short waits.
    """

    def __init__(
        self, client: Any, seconds: float, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client, self._clock, self._sleep, self._until = client, clock, sleep, clock() + seconds

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)

        def ask(**request: Any) -> Any:
            self._check()
            return call(**request)

        return ask

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """DynamoDB's BatchGetItem, with every item that there is."""
        found: dict[str, list[Any]] = {}
        wait, pending = 0.05, request["RequestItems"]
        while True:
            self._check()
            answer = self._client.batch_get_item(RequestItems=pending)
            for table, items in answer["Responses"].items():
                found.setdefault(table, []).extend(items)
            pending = answer.get("UnprocessedKeys")
            if not pending:
                return {"Responses": found}
            self._sleep(random.uniform(0, wait))  # noqa: S311 - spreads tries, hides nothing
            wait = min(2 * wait, 1.0)

    def get_paginator(self, name: str) -> Any:
        """Botocore's paginator, which asks for no page that is too late."""
        pages = self._client.get_paginator(name)
        return SimpleNamespace(paginate=lambda **request: self._pages(pages.paginate(**request)))

    def _pages(self, pages: Any) -> Iterator[Any]:
        self._check()
        for page in pages:
            yield page
            self._check()

    def _check(self) -> None:
        if self._clock() > self._until:
            raise NotInTime
