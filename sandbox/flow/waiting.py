"""Waiting for a condition: ask, say how far it is, ask again, and give up with the last answer in hand."""

import time
from collections.abc import Callable
from typing import TypeVar

from sandbox.errors import SandboxError

T = TypeVar("T")


def until(
    ask: Callable[[], T],
    done: Callable[[T], bool],
    *,
    step: str,
    seconds: float,
    every: float = 0.5,
    describe: Callable[[T], str] = str,
    tell: Callable[[T], None] = lambda _: None,
    hint: str = "",
) -> T:
    """Ask every `every` seconds until `done`; raises `SandboxError` with the last answer after `seconds` without one."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        tell(answer)
        if done(answer):
            return answer
        if time.monotonic() > end:
            raise SandboxError(step, f"not finished after {seconds:.0f} s: {describe(answer)}", hint=hint)
        time.sleep(every)
