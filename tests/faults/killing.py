"""A process that ends in the middle: at a call to AWS, before it leaves or after it was answered."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class Killed(Exception):
    """The process ends here."""


class Countdown:
    """Ends the process at the n-th call; `left` is 0 or less once it has."""

    def __init__(self, place: int) -> None:
        self.left = place

    def __call__(self, **_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


@contextmanager
def at_calls(event: str, used: Iterable[Any], do: Callable[..., None]) -> Iterator[None]:
    """Within the block `do` is called at every such event of those boto3 clients: `before-call.*`, `before-call.s3.PutObject`."""
    asked = list(used)
    for each in asked:
        each.meta.events.register(event, do)
    try:
        yield
    finally:
        for each in asked:
            each.meta.events.unregister(event, do)
