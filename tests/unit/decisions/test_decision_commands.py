"""`omni playbook check` and the moments of `omni decide`."""

import shutil
from pathlib import Path

import pytest

from omnichannel.playbook import actions
from omnichannel.playbook.digest import digest
from omnichannel.playbook.document import FOLDER
from sandbox.errors import SandboxError
from sandbox.flow.decision_commands import checked, moment


def test_the_check_says_what_fits_together():
    assert f"playbook {digest()} fits together" in checked()


def test_the_check_tells_the_place_of_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copytree(FOLDER, tmp_path / "playbook")
    (tmp_path / "playbook" / "actions.yaml").write_text("currency: EUR\n")
    broken = actions.load
    monkeypatch.setattr("sandbox.flow.decision_commands.actions.load", lambda: broken(tmp_path / "playbook"))

    with pytest.raises(SandboxError, match=r"actions\.yaml lacks timezone"):
        checked()


def test_a_moment_needs_a_zone():
    assert moment("2026-11-18T11:00+01:00").utcoffset() is not None
    with pytest.raises(SandboxError, match="says no time zone"):
        moment("2026-11-18T11:00")
    with pytest.raises(SandboxError, match="is no time"):
        moment("tomorrow")
