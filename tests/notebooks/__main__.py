"""Runs every notebook and keeps it with its outputs.

    python -m tests.notebooks [--only NAME] [--out out/notebooks]

Which data they see is said by `OMNI_DATA` and its like; see docs/notebooks.md.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from rich.console import Console

from tests.notebooks.run import NOTEBOOKS, run


def main(argv: Sequence[str] | None = None) -> None:
    """One line for each as it ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=[path.stem for path in NOTEBOOKS], help="one notebook")
    parser.add_argument("--out", type=Path, default=Path("out/notebooks"), help="where the notebooks with their outputs go")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    for path in NOTEBOOKS:
        if args.only in (None, path.stem):
            started = time.monotonic()
            nbformat.write(run(path, {}), args.out / path.name)
            Console().print(f"{args.out / path.name}: {time.monotonic() - started:.0f} s", highlight=False)


if __name__ == "__main__":
    main()
