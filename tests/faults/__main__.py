"""Runs the fault matrix with many seeds: a table, and `out/faults.json`.

    python -m tests.faults [--seeds 20] [--first-seed 1] [--only WORDS] [--workers 2] [--out out/faults.json]

Exit code 1 when a record was lost, came twice, or was refused for another reason than it should have been, or when a cell raised.
The file is written anew after every cell, also by a run that is broken off (Ctrl-C); what functions log is beside it, in faults.log.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.faults.matrix import Cell, every_cell
from tests.faults.rows import Found, Row
from tests.faults.worker import Source, Task
from tests.faults.workers import Workers, cpus

WIDTH = 160
SEEDS_AT_ONCE = 10
"""Of a cell, what one process gets: so few that all of them are at work until the end."""
BROKEN_OFF = 130


@dataclass
class Report:
    """What is known so far: told line by line, and written to the file."""

    console: Console
    cells: Mapping[int, Cell]
    seeds: range
    out: Path
    rows: dict[int, Row] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    on_seed: Callable[[], None] = lambda: None

    @property
    def complete(self) -> list[Row]:
        """The cells of which every seed has ended."""
        return [row for row in self.rows.values() if len(row.found) == len(self.seeds)]

    @property
    def holds(self) -> bool:
        """Whether every cell was run with every seed and holds."""
        return len(self.complete) == len(self.cells) and all(row.holds for row in self.complete)

    def take(self, found: Found) -> None:
        """One seed more."""
        row = self.rows.setdefault(found.place, Row(self.cells[found.place]))
        row.found.append(found)
        self.on_seed()
        if len(row.found) == len(self.seeds):
            self._tell(row)
            self.write()

    def write(self) -> None:
        """The file, whole or not at all."""
        half = self.out.with_suffix(".half")
        rows = [row.to_json() for _, row in sorted(self.rows.items())]
        said = {"first_seed": self.seeds.start, "seeds": len(self.seeds), "cells": len(self.cells), "complete": len(self.complete)}
        half.write_text(json.dumps({**said, "seconds": round(time.monotonic() - self.started), "rows": rows}, indent=2))
        half.replace(self.out)

    def _tell(self, row: Row) -> None:
        number = f"[{len(self.complete):{len(str(len(self.cells)))}}/{len(self.cells)}]"
        times = f"{len(row.found)} seeds, {row.seconds:.0f} s; {_minutes(time.monotonic() - self.started)} since the start"
        self.console.print(f"{number} {row.cell.name}: {'holds' if row.holds else 'BROKEN'} ({times})", markup=False, highlight=False)
        told = row.to_json()
        for seed, error in told["errors"].items():
            self.console.print(f"  seed {seed}: {error}", markup=False, highlight=False)
        for reason, letters in told["reasons"].items():
            self.console.print(f"  {letters} dead letters: {reason}", markup=False, highlight=False)


def main(argv: Sequence[str] | None = None, source: Source = every_cell) -> int:
    """Run the cells, one line each as it ends."""
    parser = _parser()
    args = parser.parse_args(argv)
    named = {place: each for place, each in enumerate(source()) if args.only in each.name}
    if not named:
        parser.error(f"no cell has {args.only!r} in its name; there are: {', '.join(each.name for each in source())}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    report = Report(Console(width=WIDTH), named, range(args.first_seed, args.first_seed + args.seeds), args.out)
    try:
        workers = Workers(args.workers, source, args.out.with_suffix(".log"))
        with _ends_as_by_ctrl_c(), _temporary_files_together(), _progress(report), workers:
            for found in workers.run(_tasks(report)):
                report.take(found)
    except KeyboardInterrupt:
        report.console.print(f"broken off after {len(report.complete)} of {len(named)} cells; what was found is in {args.out}")
        return BROKEN_OFF
    finally:
        report.write()
        report.console.print(_table(report.rows.values()))
    return 0 if report.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=_positive, default=20, help="runs of each cell (20)")
    parser.add_argument("--first-seed", type=_positive, default=1, help="the number of the first one (1)")
    parser.add_argument("--only", default="", help="cells whose name contains these words")
    parser.add_argument("--workers", type=_positive, default=cpus(), help="processes side by side (the machine's CPUs, at most 4)")
    parser.add_argument("--out", type=Path, default=Path("out/faults.json"), help="where the rows go")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def _tasks(report: Report) -> Iterator[Task]:
    for place in report.cells:
        for first in range(0, len(report.seeds), SEEDS_AT_ONCE):
            yield Task(place, tuple(report.seeds[first : first + SEEDS_AT_ONCE]))


@contextmanager
def _ends_as_by_ctrl_c() -> Iterator[None]:
    """Whoever ends us by a signal gets the same order: workers end, the file is written."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _temporary_files_together() -> Iterator[None]:
    """Also those of a process that was killed are gone in the end."""
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder, patch.dict(os.environ, {"TMPDIR": folder}):
        yield


@contextmanager
def _progress(report: Report) -> Iterator[None]:
    """On a terminal: cells and seeds done, and the time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=report.console, transient=True, disable=not report.console.is_terminal) as progress:
        bar = progress.add_task("seeds", total=len(report.cells) * len(report.seeds))
        report.on_seed = lambda: progress.advance(bar)
        yield


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _table(rows: Iterable[Row]) -> Table:
    table = Table(box=None, title="Fault matrix", title_justify="left")
    table.add_column("fault", no_wrap=True)
    names = ("seeds", "in", "delivered", "withheld", "rejected", "dead_lettered", "lost", "twice", "unexplained")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for row in (each.to_json() for each in rows):
        numbers = {**row, **{name: sum(row[name].values()) for name in ("withheld", "rejected")}}
        table.add_row(f"{row['flow']}: {row['fault']}", *(f"{numbers[name]:,}" for name in names))
    return table


if __name__ == "__main__":
    sys.exit(main())
