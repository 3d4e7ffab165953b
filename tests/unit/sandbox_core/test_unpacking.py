"""Functions' packages: the same files in every folder, kept once."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from sandbox.unpacking import Package

FILES = {"handler.py": "import shared.tools\n", "shared/__init__.py": "", "shared/tools.py": "VALUE = 1\n", "shared/data.json": "{}"}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def unpacked(tmp_path, name, files):
    with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    with Package(tmp_path / f"{name}.zip") as package:
        package.extractall(str(tmp_path / name))
    return tmp_path / name


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def imported(folder):
    subprocess.run([sys.executable, "-c", "import handler"], cwd=folder, env={}, check=True)


def test_a_package_has_the_files_that_were_packed(tmp_path):
    assert texts(unpacked(tmp_path, "one", FILES)) == FILES


def test_of_two_files_of_one_name_the_last_stays(tmp_path):
    one = unpacked(tmp_path, "one", FILES)
    with zipfile.ZipFile(tmp_path / "one.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("shared/tools.py", "VALUE = 2\n")

    with Package(tmp_path / "one.zip") as package:
        package.extractall(str(tmp_path / "other"))

    assert texts(tmp_path / "other") == FILES | {"shared/tools.py": "VALUE = 2\n"}
    assert texts(one) == FILES


def test_packages_share_the_files_that_are_the_same_and_no_others(tmp_path):
    one = unpacked(tmp_path, "one", FILES)
    other = unpacked(tmp_path, "other", FILES | {"handler.py": "import shared.toolz\n"})

    assert (one / "shared/tools.py").samefile(other / "shared/tools.py")
    assert texts(other)["handler.py"] == "import shared.toolz\n"


def test_bytecode_is_written_once_for_modules_that_are_the_same(tmp_path):
    one, again = unpacked(tmp_path, "one", FILES), unpacked(tmp_path, "again", FILES)

    imported(one)

    written = {path: path.stat().st_mtime_ns for path in (again / "shared/__pycache__").iterdir()}
    imported(again)
    assert len(written) == 2
    assert {path: path.stat().st_mtime_ns for path in (again / "shared/__pycache__").iterdir()} == written


def test_bytecode_of_other_modules_is_not_mixed_up(tmp_path):
    imported(unpacked(tmp_path, "one", FILES))
    other = unpacked(tmp_path, "other", FILES | {"shared/tools.py": "raise SystemExit(3)\n"})

    assert subprocess.run([sys.executable, "-c", "import handler"], cwd=other, env={}, check=False).returncode == 3


def test_a_package_that_goes_takes_nothing_from_the_others(tmp_path):
    one, other = unpacked(tmp_path, "one", FILES), unpacked(tmp_path, "other", FILES)
    imported(one)

    shutil.rmtree(one)

    imported(other)
    assert (other / "shared/__pycache__").exists()


def test_a_name_that_leads_out_of_the_folder_stays_in_it(tmp_path):
    folder = unpacked(tmp_path, "one", {"../outside.py": "1", "/absolute.py": "2"})

    assert texts(folder) == {"outside.py": "1", "absolute.py": "2"}
    assert not (tmp_path / "outside.py").exists()
