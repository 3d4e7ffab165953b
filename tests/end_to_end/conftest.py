"""One demonstration in a sandbox of its own, shared by every end-to-end test: the product's own command, on a small shop."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from sandbox import launcher
from sandbox.cloud import Cloud
from sandbox.shop.truth import Truth

CUSTOMERS = 1500


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, all tests of the demonstration go to one of them; of the others, those of a file stay together."""
    for item in items:
        of_demo = "demo" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("demo" if of_demo else item.path.stem))


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
    environ = {**os.environ, "OMNI_SANDBOX_HOME": str(home), "COLUMNS": "160"}
    command = [str(Path(sys.executable).parent / "omni"), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=1200, check=False)


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
