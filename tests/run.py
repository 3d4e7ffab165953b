"""Runs every suite, whatever became of the ones before, and says how each went and how long it took.

    python tests/run.py [SUITE…]

Suites that keep every core busy run in turn, those that need one core beside each other; the output of these comes when they end.
A suite fails when a check or test of it failed, when it found nothing to run, when it ran too long, or when a process that
it started outlived it; such a process is ended.
What was skipped is listed with its reason, what failed by its name. Exit code 1 when a suite failed.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Self
from xml.etree import ElementTree

import psutil

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / ".build" / "tests"
LONGEST_SECONDS = 2400.0
GRACE_SECONDS = 5.0

CHECKS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "import contracts": ["lint-imports", "--no-cache"],
    "types": ["mypy"],
}
TESTS: dict[str, list[str]] = {
    "unit": ["pytest", "tests/unit", "-q", "-n", "2"],
    # By file and in their order: servers and pipeline runs are shared by the tests of a file, and the longest file is not the last.
    "integration": ["pytest", "tests/integration", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"],
    "infrastructure": ["pytest", "tests/infrastructure", "-q"],
    "spark": ["pytest", "tests/spark", "-q"],
    "notebooks": ["pytest", "tests/notebooks", "-q"],
    # A worker for what shares the demonstration's sandbox, another for what has a sandbox of its own.
    "end to end": ["pytest", "tests/end_to_end", "-q", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"],
}
ONE_CORE = ("infrastructure", "spark", "notebooks", "types")
"""Suites that run beside each other, the longest first."""
AT_ONCE = 2
ORDER = (*(name for name in (*CHECKS, *TESTS) if name not in {*ONE_CORE, "end to end"}), *ONE_CORE, "end to end")
ALONE = "--alone"


@dataclass
class Result:
    """How one suite went: numbers of tests (a check counts as one), seconds, which tests failed, and what else was wrong with it."""

    name: str
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """One word for the table."""
        if self.failed:
            return "FAILED"
        return "passed" if self.passed else "NOT RUN"

    def told(self) -> str:
        """The same as text, for another process."""
        return json.dumps(vars(self))

    @classmethod
    def of(cls, told: str) -> Self:
        """What another process told."""
        values = json.loads(told)
        return cls(**{**values, "skipped": Counter(values["skipped"])})


def run(name: str) -> Result:
    """Runs one suite, with its output as it comes."""
    report = _file(name, "xml")
    report.unlink(missing_ok=True)
    command = CHECKS.get(name) or [*TESTS[name], f"--junitxml={report}"]
    say(f"\n== {name}: {' '.join(command)}")
    started = time.monotonic()
    code = _exit_code(command)
    result = Result(name, seconds=time.monotonic() - started)
    if report.exists():
        count(report, result)
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


def run_all(names: Sequence[str]) -> Iterator[Result]:
    """Runs these suites in their order, those of one core that follow each other beside each other."""
    for one_core, group in groupby(names, key=ONE_CORE.__contains__):
        together = list(group)
        yield from run_beside(together) if one_core and len(together) > 1 else map(run, together)


def run_beside(names: Sequence[str]) -> list[Result]:
    """Runs suites beside each other, as many as have a core."""
    say(f"\n== beside each other: {', '.join(names)}")
    runners: list[subprocess.Popen[bytes]] = []
    with ThreadPoolExecutor(AT_ONCE) as lanes:
        try:
            return list(lanes.map(lambda name: _run_in_process(name, runners), names))
        finally:
            # Interrupted: none starts any more, and those that run end their suites.
            lanes.shutdown(wait=False, cancel_futures=True)
            for runner in runners:
                runner.terminate()


def _run_in_process(name: str, runners: list[subprocess.Popen[bytes]]) -> Result:
    """Runs a suite in a process that adopts the suite's orphans and nobody else's."""
    told, printed = _file(name, "json"), _file(name, "log")
    told.unlink(missing_ok=True)
    with printed.open("wb") as output:
        command = [sys.executable, str(Path(__file__).resolve()), ALONE, name]
        runners.append(process := subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True))
        code = process.wait()
    say(printed.read_text(errors="replace"))
    if not told.exists():
        return Result(name, failed=1, wrong=[f"its runner ended with exit code {code}"])
    return Result.of(told.read_text())


def run_alone(name: str) -> int:
    """Runs a suite for another process of this program, which reads the result from a file."""
    _file(name, "json").write_text(run(name).told())
    return 0


def _file(name: str, suffix: str) -> Path:
    """Where something about a suite is written."""
    return REPORTS / f"{name.replace(' ', '_')}.{suffix}"


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


def count(report: Path, result: Result) -> None:
    """Adds up what pytest wrote."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by pytest, just now
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
            result.broken.append(f"{case.get('classname')}::{case.get('name')}")
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


def table(results: Sequence[Result], seconds: float) -> str:
    """Every suite with its numbers, then what was skipped, what failed and what was wrong, then all numbers in one line."""
    lines = [f"\n{'suite':<18}{'result':<9}{'passed':>7}{'failed':>7}{'skipped':>8}{'seconds':>9}"]
    for r in results:
        lines.append(f"{r.name:<18}{r.word:<9}{r.passed:>7}{r.failed:>7}{r.skipped.total():>8}{r.seconds:>9.1f}")
    lines += [f"skipped in {r.name}: {n} × {reason}" for r in results for reason, n in r.skipped.items()]
    lines += [f"failed in {r.name}: {test}" for r in results for test in r.broken]
    lines += [f"wrong in {r.name}: {what}" for r in results for what in r.wrong]
    passed, failed, skipped = (sum(n) for n in zip(*((r.passed, r.failed, r.skipped.total()) for r in results), strict=True))
    return "\n".join([*lines, f"\n{passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s"])


def say(text: str) -> None:
    """Prints at once: the suites write to the same place."""
    print(text, flush=True)  # noqa: T201 - a command prints


def main(wanted: Sequence[str]) -> int:
    """Exit code 0 when every suite that was wanted (all, if none is named) went well."""
    alone, wanted = wanted[:1] == [ALONE], [name for name in wanted if name != ALONE]
    if unknown := [name for name in wanted if name not in ORDER]:
        say(f"unknown suite {unknown[0]!r}; expected one of {', '.join(ORDER)}")
        return 2
    os.chdir(ROOT)
    # Else hundreds of processes compile the same libraries anew, for up to five seconds of CPU each.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    REPORTS.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    adopt_orphans()
    if alone:
        return run_alone(wanted[0])
    started = time.monotonic()
    results = list(run_all(wanted or ORDER))
    say(table(results, time.monotonic() - started))
    return 1 if any(r.failed for r in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
