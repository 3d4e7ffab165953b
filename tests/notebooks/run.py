"""Runs a notebook from top to bottom, in a kernel of its own that listens on no port."""

import os
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = tuple(sorted((ROOT / "notebooks").glob("*.ipynb")))
CELL_SECONDS = 300
QUIET = Config({"KernelManager": {"transport": "ipc"}})


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook of the present format; an invalid one is an error."""
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    return found


def run(path: Path, environ: Mapping[str, str]) -> nbformat.NotebookNode:
    """The notebook with its outputs. Raises `CellExecutionError` with the cell that failed."""
    made = read(path)
    NotebookClient(made, timeout=CELL_SECONDS, kernel_name="python3", config=QUIET).execute(cwd=str(ROOT), env={**os.environ, **environ})
    return made
