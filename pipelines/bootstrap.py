"""Starts a step inside a processing container: installs the wheels that came along, then runs the step's module.

Standard library only. Usage: python3 -m pipelines.bootstrap --wheels DIR --site DIR --message FILE MODULE [ARGUMENT ...]

`--wheels` is a folder with one zip of wheels for the image's Python; an empty zip, or none, installs nothing. When the step
fails, its reason is written to `--message`, where SageMaker reads a job's exit message.
"""

import argparse
import io
import logging
import os
import runpy
import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

MESSAGE_LENGTH = 1024


def install(wheels: Path, site: Path) -> list[str]:
    """Unpacks every wheel of the zip files under `wheels` into `site`; returns the wheels' names. Needs neither pip nor a network."""
    names: list[str] = []
    for archive in sorted(p for p in wheels.rglob("*") if p.is_file() and zipfile.is_zipfile(p)):
        with zipfile.ZipFile(archive) as opened:
            for name in sorted(n for n in opened.namelist() if n.endswith(".whl")):
                _unpack(opened.read(name), site)
                names.append(name.rpartition("/")[2])
    return names


def _unpack(wheel: bytes, site: Path) -> None:
    """A wheel's root is what goes onto the path, and so is what lies under `*.data/purelib` and `*.data/platlib`."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        opened.extractall(site)
    for library in [*site.glob("*.data/purelib"), *site.glob("*.data/platlib")]:
        shutil.copytree(library, site, dirs_exist_ok=True)
        shutil.rmtree(library)


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
