"""Runs the benchmarks: a table, and `out/bench.json`.

    python -m tests.benchmarks [--only NAME] [--scale 0.1] [--out out/bench.json]

Every module beside this one with a `measure(rows)` is one benchmark; it runs in a process of its own, so that what one
leaves in memory is not counted as another's. Exit code 1 when a goal is missed.
"""

import argparse
import json
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are wanted, one line each as it ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=sorted(ROWS), help="one benchmark")
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows; goals are about 1")
    parser.add_argument("--out", type=Path, default=Path("out/bench.json"), help="where the rows go")
    parser.add_argument("--child", choices=sorted(ROWS), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child:
        json.dump(import_module(f"tests.benchmarks.{args.child}").measure(int(ROWS[args.child] * args.scale)), sys.stdout)
        return 0
    console = Console(width=150)
    rows = []
    for name in [args.only] if args.only else ROWS:
        started = time.monotonic()
        found = run(name, args.scale)
        rows += found
        console.print(f"{name}: {len(found)} measured in {time.monotonic() - started:.0f} s", highlight=False)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"rows": rows}, indent=2))
    console.print(table(rows))
    return 0 if all(row["met"] for row in rows) else 1


def run(name: str, scale: float) -> list[dict[str, Any]]:
    """One benchmark in a fresh process; what it says on the way goes to standard error."""
    command = [sys.executable, "-m", "tests.benchmarks", "--child", name, "--scale", str(scale)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LONGEST_SECONDS)
    found = json.loads(done.stdout.splitlines()[-1])
    return [{field: row[field] for field in FIELDS} for row in found]


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
