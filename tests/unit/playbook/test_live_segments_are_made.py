"""The live segments that actions ask for are made by a trigger or told by whoever asks; `omni playbook check` says so."""

import shutil
from pathlib import Path

import pytest

from omnichannel.playbook import actions, live
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from sandbox.flow.decision_commands import checked


def _changed(folder: Path, file: str, before: str, after: str) -> Path:
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1))
    return folder


def test_the_files_fit_together_and_the_check_counts_the_triggers():
    assert len(live.check(actions.load()).rules) == 6
    assert "6 triggers" in checked()


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("actions.yaml", "any_of: [Abandoned cart]", "any_of: [Abandoned carts]",
         r"actions\.cart-reminder\.eligible\.live_segments\.any_of has 'Abandoned carts', which no rule of triggers\.yaml makes"),
        ("actions.yaml", "suppressed_by: [open-complaint]", "suppressed_by: [open-complaints]",
         r"actions\.win-back-recommended\.suppressed_by has 'open-complaints'"),
        ("triggers.yaml", "segment: Abandoned cart", "segment: Left cart", r"cart-reminder.*has 'Abandoned cart'.*one of .*Left cart"),
        ("actions.yaml", "told_segments: [open-complaint]", "told_segments: [open-complaint, Just bought]",
         r"told_segments has 'Just bought', which a rule of triggers\.yaml makes"),
        ("triggers.yaml", "within: 10m", "within: soon", r"triggers\.yaml rules\.highly-interested\.within is 'soon'"),
    ],
)  # fmt: skip
def test_a_segment_that_nothing_makes_is_refused_with_file_and_place(tmp_path: Path, file: str, before: str, after: str, said: str):
    folder = _changed(tmp_path / "playbook", file, before, after)

    with pytest.raises(UnusablePlaybook, match=said):
        live.check(actions.load(folder), folder)
