"""A proxy in front of the services that breaks calls as AWS does: throttling, errors, resets, hangs, replies cut off."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

STARTS_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Proxy:
    """A running proxy: `url` is the endpoint that functions get."""

    url: str

    def break_calls(self, *rules: dict[str, Any]) -> None:
        """Replaces the rules; the first one that matches a call decides what happens to it."""
        self._control("POST", "rules", list(rules))

    def fired(self) -> int:
        """How many calls were broken since the rules were last replaced."""
        return sum(int(rule.get("fired_count", rule.get("fired", 0))) for rule in self._control("GET", "rules"))

    def _control(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(method, f"{self.url}/_microburst/{path}", json=body, timeout=10)
        answer.raise_for_status()
        found = answer.json()
        return found.get("rules", found) if isinstance(found, dict) else found


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A proxy before `upstream`, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "microburst", "--upstream", upstream, "--host", "127.0.0.1", "--port", str(port), "--no-resign"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield Proxy(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the proxy that injects faults did not start")
