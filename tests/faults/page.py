"""Writes docs/faults.md: `python -m tests.faults.page`."""

from collections.abc import Iterator
from pathlib import Path

from tests.faults.plan import ALSO, FLOWS, PLAN

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
INTRODUCTION = """# Faults

`make faults` breaks every flow on purpose and counts what became of every record: `python -m tests.faults` with `--seeds 20`,
`--first-seed 1`, `--only WORDS`, `--workers` (the machine's CPUs, four at most: a process takes up to about a gigabyte) and
`--out out/faults.json`. A seed chooses what is hit, when, how often, and with which records; the same seed is the same run. Functions
are the deployed ones; in front of them stand moto, the twins, and a proxy that breaks calls as AWS does. Most waits pass on the flow's
own clock, so hours take no time.

What was put in must be delivered, withheld or refused with the reason that was to be expected, or a dead letter: **lost**, **twice**
(under another id) and **unexplained** are 0 in every cell, or the run ends with exit code 1. A cell that raises, ends its process or
hangs is broken with its error, and the others run on. `faults.json` is written after every cell, also by a run that is broken off;
beside it, `faults.log` has what the functions logged. The integration tests run each cell with seed 1.

| field of a row | |
|---|---|
| `flow`, `fault`, `seeds` | the cell, and how many of its seeds were run |
| `in` | records, customers, events or questions that went in |
| `delivered`, `withheld`, `rejected`, `dead_lettered` | what became of them; of those withheld or rejected, by reason |
| `reasons` | of dead letters, what was wrong |
| `lost`, `twice`, `unexplained` | 0; a seed that raised is one thing unexplained |
| `errors` | by seed, what was raised |
| `seconds` | of all seeds, and the 95th percentile of one: how long it took until everything was where it belongs |

## Fault by flow

Words in italics are other tests that prove the same, below `tests/`. This table is made by `python -m tests.faults.page`.
"""


def text() -> str:
    """The page, whole."""
    return "\n".join((INTRODUCTION, *_table(), "", *_also()))


def _table() -> Iterator[str]:
    yield f"| fault | {' | '.join(f'{flow}: {what}' for flow, what in FLOWS.items())} |"
    yield "|---" * (len(FLOWS) + 1) + "|"
    for fault, flows in PLAN.items():
        yield f"| {fault} | {' | '.join('; '.join(map(_entry, entries)) for entries in flows)} |"


def _entry(entry: str) -> str:
    if "::" in entry:
        path, _, test = entry.partition("::")
        return f"*{path}: {test.replace('_', ' ').removeprefix('test ')}*"
    return f"({entry.removeprefix('- ')})" if entry.startswith("- ") else entry


def _also() -> Iterator[str]:
    yield "Beside them, what only one flow has:"
    yield ""
    for flow, faults in ALSO.items():
        yield f"- {flow}: {'; '.join(faults)}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(text())
