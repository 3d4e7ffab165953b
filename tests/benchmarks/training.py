"""Both training pipelines on the generated shop, in a sandbox of its own: features, tuning, training, evaluation, gate, registry.

What is timed is `omni train` alone, from the command to the registered models; the sandbox, its deployment and its data come before.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AS_OF = "2026-11-01"
SECONDS = 180
BEFORE = (
    ["up"],
    ["deploy"],
    ["migrate"],
    ["load", "shop"],
    ["rebuild", "view"],
)
TRAIN = ["train", "--as-of", AS_OF]
LONGEST_SECONDS = 2400


def measure(rows: int) -> list[dict[str, Any]]:
    """Seconds for a shop of that many customers."""
    with _sandbox() as omni:
        omni("generate", "--out", "shop", "--customers", str(rows), "--as-of", AS_OF, "--clean")
        for command in BEFORE:
            omni(*command)
        started = time.monotonic()
        omni(*TRAIN)
        seconds = time.monotonic() - started
    return [
        {
            "name": "both training pipelines", "value": seconds, "unit": "s", "floor": None, "ratio": None,
            "goal": f"<= {SECONDS} s", "met": seconds <= SECONDS, "rows": rows, "peak_mb": None,
        }
    ]  # fmt: skip


@contextmanager
def _sandbox() -> Iterator[Any]:
    """Runs `omni` commands on a sandbox that goes with everything in it."""
    with tempfile.TemporaryDirectory(prefix="omni-bench-") as home:
        environ = {**os.environ, "OMNI_SANDBOX_HOME": str(Path(home) / "sandboxes")}

        def omni(*command: str) -> None:
            done = subprocess.run(
                [Path(sys.executable).parent / "omni", *command],
                cwd=home, env=environ, stdout=sys.stderr, timeout=LONGEST_SECONDS, check=False,
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(f"omni {' '.join(command)} ended with {done.returncode}; what it said stands above")

        try:
            yield omni
        finally:
            omni("down", "--wipe")
