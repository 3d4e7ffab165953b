"""The functions' packages, built while a sandbox starts and the app's modules are read: two cores have time for both.

A synthesis finds each of them done, or builds it itself: the same files either way.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sandbox.state import ROOT
from stacks.components.packages import Kind, archive
from stacks.platforms import Platform

COMMAND = (sys.executable, "-m", "sandbox.ahead")


@contextmanager
def packages_ahead() -> Iterator[None]:
    """Builds them in a process of its own during the block, after which nothing of it runs any more."""
    # In silence: what cannot be built the synthesis cannot build either, and says why.
    quiet = subprocess.DEVNULL
    with subprocess.Popen(COMMAND, cwd=ROOT, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet) as building:
        try:
            yield
        finally:
            # Of its whole group: an installer that it runs is to end with it.
            with suppress(ProcessLookupError):
                os.killpg(building.pid, signal.SIGKILL)


def main() -> None:
    """Every kind, for this machine."""
    for kind in Kind:
        archive(kind, Platform.host())


if __name__ == "__main__":
    main()
