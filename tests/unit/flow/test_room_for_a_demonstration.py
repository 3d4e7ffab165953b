"""How much disk a demonstration wants before it begins."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.flow import commands

Usage = namedtuple("Usage", "total used free")


def with_room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))


def test_a_first_one_is_refused_where_it_would_run_out_midway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_room(monkeypatch, commands.AGAIN_BYTES)

    with pytest.raises(SandboxError, match=r"2\.0 GiB free") as refused:
        commands._room(tmp_path / "out", tmp_path / "default")

    assert refused.value.hint == "make room: 6 GiB are enough"


def test_where_the_app_is_deployed_less_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_room(monkeypatch, commands.AGAIN_BYTES)
    (tmp_path / "outputs.json").write_text("{}")

    commands._room(tmp_path / "out", tmp_path)

    with_room(monkeypatch, commands.AGAIN_BYTES - 1)
    with pytest.raises(SandboxError, match="GiB free"):
        commands._room(tmp_path / "out", tmp_path)
