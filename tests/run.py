"""Runs every suite in turn, whatever became of the ones before, and says how each went and how long it took.

    python tests/run.py [SUITE…]

A suite fails when a check or test of it failed, when it found nothing to run, when it ran too long, or when a process that
it started outlived it; such a process is ended. What was skipped is listed with its reason. Exit code 1 when a suite failed.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import psutil

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / ".build" / "tests"
LONGEST_SECONDS = 2400.0
GRACE_SECONDS = 5.0

CHECKS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports", "--no-cache"],
}
TESTS: dict[str, list[str]] = {
    "unit": ["pytest", "tests/unit", "-q", "-n", "2"],
    # By file and in their order: servers and pipeline runs are shared by the tests of a file, and the longest file is not the last.
    "integration": ["pytest", "tests/integration", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"],
    "infrastructure": ["pytest", "tests/infrastructure", "-q"],
    "spark": ["pytest", "tests/spark", "-q"],
    "notebooks": ["pytest", "tests/notebooks", "-q"],
    "end to end": ["pytest", "tests/end_to_end", "-q"],
}


@dataclass
class Result:
    """How one suite went: numbers of tests (a check counts as one), seconds, and what else was wrong with it."""

    name: str
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """One word for the table."""
        if self.failed:
            return "FAILED"
        return "passed" if self.passed else "NOT RUN"


def run(name: str) -> Result:
    """Runs one suite, with its output as it comes."""
    report = REPORTS / f"{name.replace(' ', '_')}.xml"
    report.unlink(missing_ok=True)
    command = CHECKS.get(name) or [*TESTS[name], f"--junitxml={report}"]
    say(f"\n== {name}: {' '.join(command)}")
    started = time.monotonic()
    code = _exit_code(command)
    result = Result(name, seconds=time.monotonic() - started)
    if report.exists():
        _count(report, result)
    if code is None:
        result.wrong.append(f"did not end within {LONGEST_SECONDS:.0f} s")
    elif code != 0 and not result.failed:
        result.wrong.append(f"exit code {code}")
    if left := end_all(survivors()):
        result.wrong.append(f"left running: {', '.join(left)}")
    # What no test is to blame for still counts, so that the last line never speaks of nothing but success.
    result.failed = result.failed or int(bool(result.wrong))
    if name in CHECKS:
        result.passed = 1 - result.failed
    return result


def _exit_code(command: Sequence[str]) -> int | None:
    """The command's exit code; None when it took too long and was ended."""
    # A session of its own, so that the terminal's Ctrl-C reaches it only through us, after which nothing of it is left.
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            return process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                end_all([psutil.Process(process.pid), *survivors()])


def _count(report: Path, result: Result) -> None:
    """Adds up what pytest wrote."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by pytest, just now
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
        elif (skipped := case.find("skipped")) is not None:
            result.skipped[skipped.get("message", "")] += 1
        else:
            result.passed += 1


def adopt_orphans() -> None:
    """Makes Linux hand us the processes whose parents have ended, so that none of them can hide."""
    if sys.platform == "linux":
        set_child_subreaper = 36
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def survivors() -> list[psutil.Process]:
    """Our descendants that still run; those that only wait to be collected are collected."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return list(_running(psutil.Process().children(recursive=True)))


def _running(processes: Sequence[psutil.Process]) -> Iterator[psutil.Process]:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process


def end_all(processes: Sequence[psutil.Process]) -> list[str]:
    """Ends the processes that do not end by themselves in a moment; returns what they were."""
    _, running = psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    found = []
    for process in running:
        with suppress(psutil.NoSuchProcess):
            found.append(f"{process.pid} {' '.join(process.cmdline())[:100]}")
            process.kill()
    psutil.wait_procs(running, timeout=GRACE_SECONDS)
    return found


def table(results: Sequence[Result]) -> str:
    """Every suite with its numbers, then what was skipped and what was wrong, then all numbers in one line."""
    lines = [f"\n{'suite':<18}{'result':<9}{'passed':>7}{'failed':>7}{'skipped':>8}{'seconds':>9}"]
    for r in results:
        lines.append(f"{r.name:<18}{r.word:<9}{r.passed:>7}{r.failed:>7}{r.skipped.total():>8}{r.seconds:>9.1f}")
    lines += [f"skipped in {r.name}: {n} × {reason}" for r in results for reason, n in r.skipped.items()]
    lines += [f"wrong in {r.name}: {what}" for r in results for what in r.wrong]
    passed, failed, skipped = (sum(n) for n in zip(*((r.passed, r.failed, r.skipped.total()) for r in results), strict=True))
    seconds = sum(r.seconds for r in results)
    return "\n".join([*lines, f"\n{passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s"])


def say(text: str) -> None:
    """Prints at once: the suites write to the same place."""
    print(text, flush=True)  # noqa: T201 - a command prints


def main(wanted: Sequence[str]) -> int:
    """Exit code 0 when every suite that was wanted (all, if none is named) went well."""
    names = [*CHECKS, *TESTS]
    if unknown := [name for name in wanted if name not in names]:
        say(f"unknown suite {unknown[0]!r}; expected one of {', '.join(names)}")
        return 2
    os.chdir(ROOT)
    REPORTS.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    adopt_orphans()
    results = [run(name) for name in wanted or names]
    say(table(results))
    return 1 if any(r.failed for r in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
