"""The gates of a messaging bridge read the holdout as every bridge does."""

import pytest

from omnichannel.activation.messaging import Gates
from omnichannel.playbook.actions import playbook


def test_the_holdout_comes_from_the_environment():
    gates = Gates.of('{"salt": "2026-11", "share": 0.05}', playbook())

    assert (gates.holdout.salt, gates.holdout.share) == ("2026-11", 0.05)


@pytest.mark.parametrize("text", ["", "0.05", '{"share": 0.05}', '{"salt": "s", "share": 5}', '{"salt": "s", "share": "all"}'])
def test_what_is_no_holdout_is_refused_before_anything_is_sent(text):
    with pytest.raises(ValueError, match="holdout"):
        Gates.of(text, playbook())
