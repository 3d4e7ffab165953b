"""Whether the live segments that actions ask for are there: each is made by a rule of triggers.yaml, or told by whoever asks."""

from collections.abc import Iterator
from pathlib import Path

from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.facts import LIVE_SEGMENTS
from omnichannel.playbook.triggers import Triggers, load


def check(actions: Playbook, folder: Path = FOLDER) -> Triggers:
    """The triggers; raises `UnusablePlaybook` for a mistake in them, and for a segment that nothing makes."""
    try:
        triggers = load(folder)
    except UnusablePlaybook as wrong:
        raise wrong if "triggers.yaml" in str(wrong) else UnusablePlaybook(f"triggers.yaml {wrong}") from wrong
    made = sorted({rule.segment for rule in triggers.rules.values()})
    for name in actions.told_segments:
        if name in made:
            raise UnusablePlaybook(f"actions.yaml told_segments has {name!r}, which a rule of triggers.yaml makes; expected others")
    known = {*made, *actions.told_segments}
    for place, name in _asked(actions):
        if name not in known:
            raise UnusablePlaybook(
                f"actions.yaml {place} has {name!r}, which no rule of triggers.yaml makes; expected one of {', '.join(made)}, "
                "or its name among told_segments"
            )
    return triggers


def _asked(actions: Playbook) -> Iterator[tuple[str, str]]:
    for action in actions.actions:
        yield from ((f"actions.{action.name}.suppressed_by", name) for name in action.suppressed_by)
        for each in action.eligible:
            if each.fact == LIVE_SEGMENTS:
                yield from ((f"actions.{action.name}.eligible.{LIVE_SEGMENTS}.{each.operator}", name) for name in each.names)
