"""Processes that belong to a sandbox: started in a group of their own, found again, ended without a trace."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from sandbox.state import MARKER, ROOT, ProcessRecord

GRACE_SECONDS = 1.5
CLOCK_SECONDS = 1.0
"""How far a start time may seem to move when the wall clock is corrected."""


_started: list[subprocess.Popen[bytes]] = []
"""Kept, because a Popen that is forgotten while its process runs warns; these are meant to outlive the command."""


def spawn(command: Sequence[str], environ: dict[str, str], *, directory: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, marked as the sandbox's, with its output appended to the log."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ | {MARKER: str(directory)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    return process


def record(process: subprocess.Popen[bytes]) -> ProcessRecord:
    """What is kept of a process, to recognise it later; of one that already ended, a record that matches nothing."""
    try:
        return ProcessRecord(pid=process.pid, created=psutil.Process(process.pid).create_time())
    except psutil.NoSuchProcess:
        return ProcessRecord(pid=process.pid, created=0.0)


def alive(known: ProcessRecord) -> bool:
    """Whether exactly that process still runs."""
    try:
        process = psutil.Process(known.pid)
        return _same(process, known) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def belonging(directory: Path, known: Sequence[ProcessRecord] = ()) -> list[psutil.Process]:
    """Every live process of the sandbox: the recorded ones, their groups, and any that carries its marker."""
    groups = {r.pid for r in known if alive(r)}
    found = {p.pid: p for p in psutil.process_iter() if p.pid != os.getpid() and _belongs(p, str(directory), groups)}
    return list(found.values())


def end(directory: Path, known: Sequence[ProcessRecord], tell: Callable[[str], None] = lambda _: None) -> int:
    """End every process of the sandbox, politely and then not; the number of processes that had to go."""
    tell("looking for its processes")
    processes = belonging(directory, known)
    tell(f"{len(processes)} processes are asked to end")
    for group in {r.pid for r in known if alive(r)}:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    # What was started while the others were ending is found by its marker.
    late = [*(p for p in processes if p.is_running()), *belonging(directory)]
    tell(f"{len(late)} processes of {len(processes)} are made to end")
    for process in late:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(late, timeout=5.0)
    return len(processes)


def end_strays(directory: Path, program: Path) -> None:
    """End the sandbox's processes that run that program, and their children: what a killed command left at work."""
    strays = [process for process in belonging(directory) if str(program) in _command(process)]
    family = {p.pid: p for stray in strays for p in (stray, *stray.children(recursive=True))}
    for process in family.values():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(list(family.values()), timeout=GRACE_SECONDS)


def listening(directory: Path) -> Iterator[tuple[str, int]]:
    """Address and port of every socket on which the sandbox's processes listen."""
    for process in belonging(directory):
        with suppress(psutil.NoSuchProcess):
            for connection in process.net_connections(kind="inet"):
                if connection.status == psutil.CONN_LISTEN:
                    yield connection.laddr.ip, connection.laddr.port


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _same(process: psutil.Process, known: ProcessRecord) -> bool:
    return bool(abs(process.create_time() - known.created) < CLOCK_SECONDS)


def _belongs(process: psutil.Process, directory: str, groups: set[int]) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.getpgid(process.pid) in groups or process.environ().get(MARKER) == directory
    except (psutil.Error, ProcessLookupError, PermissionError):
        # Another user's process, or one that has just ended: not ours.
        return False
