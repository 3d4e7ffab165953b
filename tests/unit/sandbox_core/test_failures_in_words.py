"""What a person reads when a command fails for a reason that no step has words of its own for."""

import errno
import io
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sandbox import console
from sandbox.cli import app


def told(error: Exception) -> str:
    page = io.StringIO()
    console.show_failure(Console(file=page, width=80), error, debug=False)
    return page.getvalue()


@pytest.mark.parametrize("number", [errno.ENOTDIR, errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_a_file_that_cannot_be_used_is_named_with_the_reason_and_no_class(tmp_path, number):
    error = OSError(number, "The reason", str(tmp_path / "shop"))

    said = told(error)

    assert f"{tmp_path / 'shop'}: the reason" in said
    assert "Error" not in said
    assert "another path" in said


def test_an_error_without_words_is_told_by_its_class_and_how_to_see_more():
    said = told(KeyError("part"))

    assert "KeyError" in said
    assert "--debug" in said


def test_output_into_a_file_is_not_cut_at_eighty_columns(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout", io.StringIO())

    assert console.of_output().width == console.PIPED_COLUMNS


def test_whoever_says_how_wide_it_is_gets_that(monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.setattr("sys.stdout", io.StringIO())

    assert console.of_output().width == 72


def test_stopping_a_sandbox_that_never_was_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_SANDBOX_HOME", str(tmp_path))

    answer = CliRunner().invoke(app, ["down", "--wipe", "--name", "nowhere"])

    assert answer.exit_code == 0
    assert "there is none in" in answer.output
    assert "removed" not in answer.output


STOPPED_WHILE = """
import sys

class Stopping:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise {error}

sys.meta_path.insert(0, Stopping())
import sandbox.cli
"""


@pytest.mark.parametrize(("error", "said"), [("KeyboardInterrupt", "stopped\n"), ("ValueError('odd')", "ValueError: odd\n")])
def test_ctrl_c_while_the_command_is_imported_is_a_word_and_no_traceback(error, said):
    ended = subprocess.run([sys.executable, "-c", STOPPED_WHILE.format(error=error)], capture_output=True, text=True, check=False)

    assert ended.returncode != 0
    assert ended.stderr.endswith(said)
    assert ("Traceback" in ended.stderr) is (error != "KeyboardInterrupt")
