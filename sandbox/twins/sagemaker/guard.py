"""Runs a command and ends its whole process group when whoever started this goes away.

    python guard.py COMMAND ARGUMENT…

Standard input is the lifeline: the one who started this holds its other end, and the kernel closes it however that one ends.
Exits with the command's code, or 128 plus the signal that ended it. Standard library only: jobs run in an environment of their own.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run `sys.argv[1:]` to its end."""
    # The group gets SIGTERM first when a job is stopped; the command decides what to do, and its code is what we report.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        # Descriptors that were handed to this process are meant for the command. (There is one thread so far, so preexec_fn is safe.)
        process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=_default_signals)
    except OSError as error:
        print(f"cannot run {sys.argv[1]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)
    threading.Thread(target=_end_with_lifeline, daemon=True).start()
    code = process.wait()
    os._exit(code if code >= 0 else 128 - code)


def _default_signals() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_with_lifeline() -> None:
    while os.read(0, 1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
