"""Runs the fault matrix with many seeds: a table, and `out/faults.json`.

    python -m tests.faults [--seeds 20] [--only WORDS] [--out out/faults.json]

Exit code 1 when a record was lost, came twice, or was refused for another reason than it should have been.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.faults.matrix import WORLDS, Cell, Deployed, every_cell, outcome

WIDTH = 140


def measure(deployed: Deployed, each: Cell, seeds: int) -> dict[str, Any]:
    """One row of `faults.json`: the counts of every seed, added up."""
    row: dict[str, Any] = {"flow": each.flow, "fault": each.fault, "seeds": seeds}
    counts: Counter[str] = Counter(dict.fromkeys(("in", "delivered", "dead_lettered", "lost", "twice", "unexplained"), 0))
    rejected, withheld, reasons = Counter[str](), Counter[str](), Counter[str]()
    for seed in range(1, seeds + 1):
        found = outcome(deployed, each, seed)
        counts.update({"in": found.landed, "delivered": found.delivered, "dead_lettered": found.dead_lettered})
        counts.update({"lost": found.lost, "twice": found.twice, "unexplained": found.unexplained})
        rejected.update(found.rejected)
        withheld.update(found.withheld)
        reasons.update(found.reasons)
    listed = {"rejected": rejected, "withheld": withheld, "reasons": reasons}
    return {**row, **counts, **{name: dict(sorted(counter.items())) for name, counter in listed.items()}}


def holds(row: dict[str, Any]) -> bool:
    """Nothing lost, nothing twice, nothing unexplained."""
    return bool(row["lost"] == row["twice"] == row["unexplained"] == 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cells, one line each as it ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="runs of each cell (20)")
    parser.add_argument("--only", default="", help="cells whose name contains these words")
    parser.add_argument("--out", type=Path, default=Path("out/faults.json"), help="where the rows go")
    args = parser.parse_args(argv)
    console = Console(width=WIDTH)
    cells = [each for each in every_cell() if args.only in each.name]
    if not cells:
        parser.error(f"no cell has {args.only!r} in its name; there are: {', '.join(each.name for each in every_cell())}")
    rows = []
    for flow, its in groupby(cells, lambda each: each.flow):
        with WORLDS[flow]() as deployed:
            for each in its:
                started = time.monotonic()
                rows.append(measure(deployed, each, args.seeds))
                console.print(f"{each.name}: {'holds' if holds(rows[-1]) else 'BROKEN'} ({time.monotonic() - started:.0f} s)")
                for reason, letters in rows[-1]["reasons"].items():
                    console.print(f"  {letters} dead letters: {reason}", markup=False)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"rows": rows}, indent=2))
    console.print(_table(rows))
    return 0 if all(map(holds, rows)) else 1


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, title="Fault matrix", title_justify="left")
    table.add_column("fault", no_wrap=True)
    names = ("seeds", "in", "delivered", "withheld", "rejected", "dead_lettered", "lost", "twice", "unexplained")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        numbers = {**row, **{name: sum(row[name].values()) for name in ("withheld", "rejected")}}
        table.add_row(f"{row['flow']}: {row['fault']}", *(f"{numbers[name]:,}" for name in names))
    return table


if __name__ == "__main__":
    sys.exit(main())
