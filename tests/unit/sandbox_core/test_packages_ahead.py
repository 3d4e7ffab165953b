"""The process that builds functions' packages while a sandbox starts: it builds what a synthesis looks for, and outlives no command."""

import sys

import psutil
import pytest

from sandbox import ahead
from stacks.components.packages import Kind
from stacks.platforms import Platform


def test_every_kind_is_built_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[Kind, Platform]] = []
    monkeypatch.setattr(ahead, "archive", lambda kind, platform: built.append((kind, platform)))

    ahead.main()

    assert built == [(kind, Platform.host()) for kind in Kind]


def test_nothing_of_it_runs_after_the_block_even_when_the_block_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    nested = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"
    monkeypatch.setattr(ahead, "COMMAND", (sys.executable, "-c", nested))
    seen: set[psutil.Process] = set()
    others = set(psutil.Process().children(recursive=True))

    def fail() -> None:
        with ahead.packages_ahead():
            while len(seen) < 2:
                seen.update(set(psutil.Process().children(recursive=True)) - others)
            raise ValueError("the deployment failed")

    with pytest.raises(ValueError, match="the deployment failed"):
        fail()

    _, running = psutil.wait_procs(list(seen), timeout=60)
    assert [process for process in running if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
