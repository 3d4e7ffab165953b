"""One demonstration in a sandbox of its own, shared by every end-to-end test: the product's own command, on a small shop."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from sandbox import launcher
from sandbox.cloud import Cloud
from sandbox.shop.truth import Truth

CUSTOMERS = 1500
ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".build" / "tests" / "installed"

APART = ("test_erasure.py", "test_own_data.py", "test_review.py", "test_sandbox_launcher.py", "test_sandbox_lifecycle.py")
"""Tests with a sandbox of their own, or none; all others share the demonstration's."""


class ByRunningSandbox(LoadScopeScheduling):  # type: ignore[misc]
    """All tests of the demonstration go to one worker; of the others, those of a file stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].rpartition("/")[2]
        return file if file in APART else "demo"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByRunningSandbox:
    """Not by `xdist_group`: this pytest no longer reads the attribute in which pytest-xdist notes the group."""
    return ByRunningSandbox(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses a second demonstration in the worker of those that need none."""
    wrong = sorted({item.path.name for item in items if "demo" in getattr(item, "fixturenames", ()) and item.path.name in APART})
    if wrong:
        raise pytest.UsageError(f"{', '.join(wrong)} of APART in {__file__} ask for the demonstration")


@dataclass(frozen=True)
class Demo:
    """A sandbox after its first demonstration."""

    home: Path
    out: Path
    said: str

    @property
    def directory(self) -> Path:
        """The sandbox's folder."""
        return self.home / "default"

    @cached_property
    def cloud(self) -> Cloud:
        """The deployment, as the sandbox's root user."""
        return Cloud.of_sandbox(launcher.running(self.directory))

    @property
    def truth(self) -> Truth:
        """What the generator knows about the landed files."""
        return Truth.read(self.directory / "shop" / "truth.json")

    def json(self, name: str) -> Any:
        """A JSON file of the output folder."""
        return json.loads((self.out / name).read_text())

    def lines(self, name: str) -> list[dict[str, Any]]:
        """A JSON-lines file of the output folder."""
        return [json.loads(line) for line in (self.out / name).read_text().splitlines()]

    def omni(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this sandbox."""
        return omni(self.home, *arguments)


def omni(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`omni …` with its sandboxes under `home`."""
    return subprocess.run([command(), *arguments], env=environ(home), capture_output=True, text=True, timeout=1200, check=False)


def environ(home: Path) -> dict[str, str]:
    """What `omni` runs with: what a user's installation has, before what the tests have."""
    path = os.pathsep.join([str(INSTALLED / "bin"), os.environ["PATH"]])
    return {**os.environ, "OMNI_SANDBOX_HOME": str(home), "COLUMNS": "160", "PATH": path, "VIRTUAL_ENV": str(INSTALLED)}


@cache
def command() -> str:
    """`omni` where nothing is installed but what `make setup` installs: what it cannot do without, no test's package may supply."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert uv is not None
    sync = [uv, "sync", "--frozen", "--quiet", "--group", "sandbox", "--python", sys.executable]
    subprocess.run(sync, cwd=ROOT, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(INSTALLED)}, check=True)
    return str(INSTALLED / "bin" / "omni")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if reuse := os.environ.get("DEMO_HOME"):  # a demonstration that ran already, while these tests are being worked on
        yield Demo(Path(reuse), Path(reuse) / "out", "")
        return
    home, out = tmp_path_factory.mktemp("sandboxes"), tmp_path_factory.mktemp("out")
    done = omni(home, "demo", "--customers", str(CUSTOMERS), "--out", str(out))
    try:
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield Demo(home, out, done.stdout)
    finally:
        omni(home, "down", "--wipe")
