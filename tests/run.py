"""Run every suite in turn, say how long each took, and fail if any failed, hung over, or ran nothing."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent

SUITES: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports", "--no-cache"],
    "unit": ["pytest", "tests/unit", "-n", "2", "-q"],
    "integration": ["pytest", "tests/integration", "-n", "2", "-q"],
    "infrastructure": ["pytest", "tests/infrastructure", "-q"],
    "end to end": ["pytest", "tests/end_to_end", "-q"],
}


def main() -> int:
    """Exit code 0 when every suite passed."""
    os.chdir(ROOT)
    rows: list[tuple[str, str, float]] = []
    for name, command in SUITES.items():
        print(f"\n== {name}: {' '.join(command)}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, check=False).returncode
        rows.append((name, "passed" if code == 0 else f"FAILED (exit {code})", time.monotonic() - started))
    if not shutil.which("chromium"):
        rows.append(("pages in a browser", "NOT RUN: no chromium on this machine", 0.0))
    print(f"\n{'suite':<20} {'result':<40} {'seconds':>8}")
    for name, result, seconds in rows:
        print(f"{name:<20} {result:<40} {seconds:8.1f}")
    return 1 if any(result.startswith("FAILED") for _, result, _ in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
