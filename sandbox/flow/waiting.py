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
    stalled: float | None = None,
    working: Callable[[], bool] = lambda: False,
    describe: Callable[[T], str] = str,
    tell: Callable[[T], None] = lambda _: None,
    hint: str = "",
) -> T:
    """Ask every `every` seconds until `done`.

    Raises `SandboxError` with the last answer after `seconds`, or when the answer has been the same for `stalled` seconds in which
    nobody was `working`.
    """
    end = time.monotonic() + seconds
    last, moved = None, time.monotonic()
    while True:
        answer = ask()
        tell(answer)
        if done(answer):
            return answer
        if answer != last or working():
            last, moved = answer, time.monotonic()
        elif stalled is not None and time.monotonic() - moved > stalled:
            raise SandboxError(step, f"nothing has moved for {stalled:.0f} s: {describe(answer)}", hint=hint)
        if time.monotonic() > end:
            raise SandboxError(step, f"not finished after {seconds:.0f} s: {describe(answer)}", hint=hint)
        time.sleep(every)
