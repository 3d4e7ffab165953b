"""Runs the benchmarks: a table, and `out/bench.json`.

    python -m tests.benchmarks [--only NAME] [--scale 0.1] [--out out/bench.json]

Every module beside this one with a `measure(rows)` is one benchmark; it runs in a process of its own, so that what one
leaves in memory is not counted as another's. What was measured is written as each of them ends. Exit code 1 when a goal is missed,
or a benchmark breaks off; the last lines name them.
"""

import argparse
import ast
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROWS = {
    "stage_a": 1_000_000,
    "commit": 400_000,
    "current_state": 6_000_000,
    "identity": 1_000_000,
    "training": 10_000,
    "scoring": 1_000_000,
    "sender": 100_000,
    "features": 20_000_000,
    "decisions": 1_000_000,
    "door": 5_000,
    "relay": 20_000,
    "recommender": 500_000,
    "windows": 1_000_000,
    "api": 5_000,
}
"""The benchmarks, each with the number of rows that its goals are about."""

FIELDS = ("name", "value", "unit", "floor", "ratio", "goal", "met", "rows", "peak_mb")
LONGEST_SECONDS = 3600


class Broken(RuntimeError):
    """A benchmark ended without measurements."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are wanted, telling of each what it is about and how long it took."""
    args = _parsed(argv)
    if args.child:
        json.dump(import_module(f"tests.benchmarks.{args.child}").measure(rows_of(args.child, args.scale)), sys.stdout)
        return 0
    console = Console(width=150, highlight=False)
    names = [args.only] if args.only else list(ROWS)
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(names, start=1):
        console.print(f"{name} ({number} of {len(names)}, {rows_of(name, args.scale):,} rows): {about(name)}", markup=False)
        rows += _measured(name, args.scale, console)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"rows": rows}, indent=2))
    console.print(table(rows))
    return _ended(rows, args.scale, console)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    listed = "\n".join(f"  {name:14} {rows:>12,}  {about(name)}" for name, rows in ROWS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog=f"the benchmarks, the rows that their goals are about, and what they measure:\n{listed}",
    )  # fmt: skip
    parser.add_argument("--only", choices=sorted(ROWS), metavar="NAME", help="one of those below")
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows (default 1, which goals are about); 0.05 for a first look")
    parser.add_argument("--out", type=Path, default=Path("out/bench.json"), help="where the rows go (default out/bench.json)")
    parser.add_argument("--child", choices=sorted(ROWS), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if not args.scale > 0:
        parser.error(f"--scale is {args.scale}; expected a number above 0, such as 0.05")
    return args


def about(name: str) -> str:
    """What a benchmark measures, in the first line of its own words; nothing of it is imported."""
    return str(ast.get_docstring(ast.parse((Path(__file__).with_name(f"{name}.py")).read_text()))).splitlines()[0]


def rows_of(name: str, scale: float) -> int:
    """How many rows a benchmark is given; one at least."""
    return max(1, int(ROWS[name] * scale))


def _measured(name: str, scale: float, console: Console) -> list[dict[str, Any]]:
    """The rows of one benchmark; one that broke off is a row, too, whose goal is missed."""
    started = time.monotonic()
    try:
        found = run(name, scale)
        said = f"{len(found)} measured" if found else "nothing measured"
    except Broken as broken:
        found, said = [_broken(name, rows_of(name, scale))], str(broken)
    console.print(f"  {said}: {time.monotonic() - started:.0f} s", markup=False)
    return found


def _broken(name: str, rows: int) -> dict[str, Any]:
    empty = dict.fromkeys(FIELDS)
    return {**empty, "name": f"{name}: broke off", "value": 0, "unit": "", "goal": "measured", "met": False, "rows": rows}


def _ended(rows: Sequence[dict[str, Any]], scale: float, console: Console) -> int:
    """Exit code 1, and the names, where a goal is missed."""
    missed = [row for row in rows if not row["met"]]
    if scale != 1:
        console.print(f"Goals are about --scale 1; this was {scale:g}.")
    for row in missed:
        ratio = "" if row["ratio"] is None else f", ratio {row['ratio']:.2f}"
        console.print(f"Missed: {row['name']}: {row['value']:.3g} {row['unit']}{ratio}; goal {row['goal']}", markup=False)
    return 1 if missed else 0


def run(name: str, scale: float) -> list[dict[str, Any]]:
    """One benchmark in a fresh process; what it says on the way goes to standard error. Raises `Broken`."""
    found = json.loads(answer([sys.executable, "-m", "tests.benchmarks", "--child", name, "--scale", str(scale)], LONGEST_SECONDS))
    return [{field: row[field] for field in FIELDS} for row in found]


def answer(command: Sequence[str], seconds: float) -> str:
    """The last line that a command writes. One that takes longer is interrupted, so that it can clean up. Raises `Broken`."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            written, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            child.send_signal(signal.SIGINT)
            child.communicate()
            raise Broken(f"stopped after {seconds:g} s") from late
    if child.returncode or not written.strip():
        raise Broken(f"broke off with exit code {child.returncode}, what it said stands above")
    return written.splitlines()[-1]


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """Every measurement beside its goal."""
    shown = Table(box=None, title="Benchmarks", title_justify="left")
    shown.add_column("", no_wrap=True)
    for name in ("value", "floor", "ratio", "goal", "rows", "peak MB", "met"):
        shown.add_column(name, justify="right")
    for row in rows:
        floor = "" if row["floor"] is None else f"{row['floor']:.3g}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        met = "yes" if row["met"] else "[red]NO[/red]"
        peak = "" if row["peak_mb"] is None else f"{row['peak_mb']:,.0f}"
        shown.add_row(row["name"], f"{row['value']:.3g} {row['unit']}", floor, ratio, str(row["goal"]), f"{row['rows']:,}", peak, met)
    return shown


if __name__ == "__main__":
    sys.exit(main())
