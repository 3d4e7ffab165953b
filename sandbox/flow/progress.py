"""What a person sees while it works: the step, how far it is, how long it took; a plain line each where there is no terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status

PLAIN_EVERY_SECONDS = 10.0
"""Where there is no terminal, a log is told how far a step is, but not more often than this."""

Tell = Callable[[str], None]
"""Says how far the current step is; the same words twice are said once."""


@dataclass
class Steps:
    """The steps of one command, with the seconds each took."""

    console: Console = field(default_factory=Console)
    seconds: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Tell]:
        """Show a step while its block runs; afterwards its last words and its time. A failure is left to the caller to tell."""
        started, last = time.monotonic(), [""]
        with self.console.status(f"{name} …") as status:
            try:
                yield self._teller(name, status, last, started)
            except BaseException:
                self.console.print(f"[red]✗[/red] {name} [dim]{time.monotonic() - started:.1f} s[/dim]", highlight=False)
                raise
        took = time.monotonic() - started
        self.seconds.append((name, took))
        words = f": {last[0]}" if last[0] else ""
        self.console.print(f"[green]✓[/green] {name}{words} [dim]{took:.1f} s[/dim]", highlight=False, soft_wrap=True)

    def _teller(self, name: str, status: Status, last: list[str], started: float) -> Tell:
        said = started

        def tell(words: str) -> None:
            nonlocal said
            if words == last[0]:
                return
            last[0], now = words, time.monotonic()
            status.update(f"{name}: {words} [dim]({now - started:.0f} s)[/dim]")
            if not self.console.is_terminal and now - said > PLAIN_EVERY_SECONDS:
                said = now
                self.console.print(f"  {name}: {words}", highlight=False, soft_wrap=True)

        return tell
