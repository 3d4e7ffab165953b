"""The wheels that travel to SageMaker's processing jobs: `python -m stacks.components.wheels` fetches the locked ones.

Run before a deployment to AWS; the sandbox's jobs run in the checkout's own Python and need none. A synthesis for AWS that finds
none says so. Wheels are for the Python and platform of the processing image.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

from stacks.components.packages import ROOT, PackageError, uv

WHEELS = ROOT / ".build" / "wheels"
GROUP = "pipelines"
PYTHON = "3.12"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
MISSING = (
    f"no wheels in {WHEELS.relative_to(ROOT)}: processing jobs would find only what their image holds; "
    "run `python -m stacks.components.wheels` before you deploy"
)

_IMAGE = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}


def fetched() -> tuple[Path, ...]:
    """The wheels that are there, by name."""
    return tuple(sorted(WHEELS.glob("*.whl")))


def for_image(requirements: Iterable[str]) -> Iterator[str]:
    """Of locked requirements (`name==version ; marker`) those that hold in the image, without their markers."""
    for line in requirements:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(_IMAGE):
            yield f"{requirement.name}{requirement.specifier}"


def fetch() -> tuple[Path, ...]:
    """Fetches every wheel of the pipelines' group anew and returns them; raises `PackageError` with the installer's own words."""
    exported = uv("export", "--only-group", GROUP, "--no-emit-project", "--frozen", "--no-header", "--no-annotate", "--no-hashes", "-q")
    wanted = list(for_image(line for line in exported.splitlines() if line.strip()))
    part = WHEELS.with_name(f"{WHEELS.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    where = [argument for platform in PLATFORMS for argument in ("--platform", platform)]
    # uv has no download; pip, run by uv, needs no pip in the checkout.
    uv(
        *("tool", "run", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"),
        *("--implementation", "cp", "--python-version", PYTHON, *where, "--dest", str(part), *wanted),
    )
    shutil.rmtree(WHEELS, ignore_errors=True)
    part.rename(WHEELS)
    return fetched()


def main() -> None:
    """Fetch, and say how much that was."""
    try:
        found = fetch()
    except (PackageError, subprocess.SubprocessError) as failed:
        sys.exit(str(failed))
    size = sum(wheel.stat().st_size for wheel in found) / 1e6
    sys.stdout.write(f"{len(found)} wheels, {size:.0f} MB, in {WHEELS.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
