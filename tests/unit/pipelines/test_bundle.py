"""The code bundle and the bootstrap that starts a step from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipelines import archive, bootstrap, bundle


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = bundle.write_bundle(tmp_path / "a.tar.gz"), bundle.write_bundle(tmp_path / "b.tar.gz")

    assert first.read_bytes() == second.read_bytes()


def test_the_bundle_holds_what_the_containers_look_for() -> None:
    names = set(bundle.bundle_files())

    assert {"train_entry.py", "pipelines/bootstrap.py", "pipelines/steps/features.py", "omnichannel/contracts/zones.py"} <= names
    assert "pipelines/definition.py" not in names


def test_a_step_starts_from_the_unpacked_bundle_alone(tmp_path: Path) -> None:
    archive.extract(bundle.write_bundle(tmp_path / "sourcedir.tar.gz"), tmp_path / "work")
    message = tmp_path / "message"

    command = [sys.executable, "-m", "pipelines.bootstrap", "--message", str(message), "pipelines.steps.evaluate", "--help"]
    done = subprocess.run(command, cwd=tmp_path / "work", capture_output=True, text=True, check=True)

    assert "--repacked" in done.stdout
    assert not message.exists()


def test_a_failing_step_leaves_its_reason_as_the_exit_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "doomed_step.py").write_text("raise ValueError('the shop is closed')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bootstrap"])

    with pytest.raises(ValueError, match="closed"):
        bootstrap.main(["--message", str(tmp_path / "output" / "message"), "doomed_step"])

    assert (tmp_path / "output" / "message").read_text() == "ValueError: the shop is closed"


def test_an_empty_zip_of_wheels_installs_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wheels.zip", "w"):
        pass

    assert bootstrap.install(tmp_path, tmp_path / "site") == []
    assert not (tmp_path / "site").exists()


def test_wheels_are_installed_without_a_network(tmp_path: Path) -> None:
    wheel, folder = tmp_path / "tiny-1.0-py3-none-any.whl", tmp_path / "wheels"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("tiny.py", "ANSWER = 42\n")
        made.writestr("tiny-1.0.data/platlib/tiny_native.py", "")
    folder.mkdir()
    with zipfile.ZipFile(folder / "anything", "w") as packed:
        packed.write(wheel, wheel.name)

    installed = bootstrap.install(folder, tmp_path / "site")

    assert installed == [wheel.name]
    assert {p.name for p in (tmp_path / "site").glob("*.py")} == {"tiny.py", "tiny_native.py"}
