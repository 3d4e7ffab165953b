"""Waiting says how far it is and gives up with the last answer."""

import pytest

from sandbox.errors import SandboxError
from sandbox.flow.waiting import until


def test_it_ends_with_the_first_answer_that_will_do_and_tells_each():
    answers, told = iter([1, 2, 3]), []

    found = until(lambda: next(answers), lambda n: n == 2, step="counting", seconds=5, every=0, tell=told.append)

    assert (found, told) == (2, [1, 2])


def test_it_gives_up_with_the_last_answer_and_what_to_try():
    with pytest.raises(SandboxError) as failure:
        until(lambda: "3 of 5", lambda _: False, step="counting", seconds=0, every=0, hint="look there")

    assert str(failure.value) == "counting failed: not finished after 0 s: 3 of 5\ntry: look there"


def test_it_gives_up_earlier_when_nothing_moves():
    with pytest.raises(SandboxError) as failure:
        until(lambda: "3 of 5", lambda _: False, step="counting", seconds=60, stalled=0, every=0)

    assert "nothing has moved for 0 s: 3 of 5" in str(failure.value)


def test_what_is_being_worked_on_is_not_stalled_however_long_it_takes():
    answers, working = iter(["3 of 5", "3 of 5", "3 of 5", "5 of 5"]), iter([True, True, True])

    found = until(
        lambda: next(answers), lambda a: a == "5 of 5", step="counting", seconds=60, stalled=0, every=0, working=lambda: next(working)
    )

    assert found == "5 of 5"
