"""Starts a step inside a processing container: installs the wheels that came along, then runs the step's module.

Standard library only. Usage: python3 -m pipelines.bootstrap --wheels DIR --site DIR --message FILE MODULE [ARGUMENT ...]

`--wheels` is a folder with one zip of wheels for the image's Python; an empty zip, or none, installs nothing. When the step
fails, its reason is written to `--message`, where SageMaker reads a job's exit message.
"""

import argparse
import logging
import os
import runpy
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

MESSAGE_LENGTH = 1024


def install(wheels: Path, site: Path) -> list[str]:
    """Installs every wheel of the zip files under `wheels` into `site`, without a network; returns the wheels' names."""
    names: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for archive in sorted(p for p in wheels.rglob("*") if p.is_file() and zipfile.is_zipfile(p)):
            with zipfile.ZipFile(archive) as opened:
                for name in opened.namelist():
                    if name.endswith(".whl"):
                        names.append(opened.extract(name, scratch))
        if names:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(site), *names]
            subprocess.run(pip, check=True)
    return [Path(n).name for n in names]


def main(argv: Sequence[str] | None = None) -> None:
    """Prepares the process and becomes the step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--site", type=Path)
    parser.add_argument("--message", type=Path, required=True)
    parser.add_argument("module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    # The container knows its region as AWS_REGION; boto3 reads AWS_DEFAULT_REGION.
    if "AWS_DEFAULT_REGION" not in os.environ and "AWS_REGION" in os.environ:
        os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
    try:
        if args.wheels and install(args.wheels, args.site):
            sys.path.insert(0, str(args.site))
        sys.argv = [args.module, *args.arguments]
        runpy.run_module(args.module, run_name="__main__", alter_sys=True)
    except Exception as error:
        args.message.parent.mkdir(parents=True, exist_ok=True)
        args.message.write_text(f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH])
        raise


if __name__ == "__main__":
    main()
