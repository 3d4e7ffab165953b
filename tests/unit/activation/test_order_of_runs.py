"""Which of two runs is the newer, at a sink and on a customer's item."""

import pytest

from omnichannel.activation.sent import Sent, Standing, message_name, standing
from omnichannel.contracts.scores import activation_order

D1, D2 = "2026-03-01", "2026-03-02"


def _order(as_of, written_at):
    return activation_order(as_of, written_at, "run")


def _held(**changes):
    known = {"customer_id": "c", "sink": "segment", "traits_hash": "held", "message_id": "m", "run": "r0", "as_of": D1, "at": "t"}
    return Sent(**known | changes)


@pytest.mark.parametrize(
    ("held", "mine", "expected"),
    [
        ((D1, _order(D1, "09")), (D1, _order(D1, "08")), Standing.SUPERSEDED),
        ((D1, _order(D1, "08")), (D1, _order(D1, "09")), Standing.DUE),
        ((D2, _order(D2, "08")), (D1, _order(D1, "09")), Standing.SUPERSEDED),
        ((D1, ""), (D1, _order(D1, "08")), Standing.DUE),
        ((D1, _order(D1, "08")), (D1, ""), Standing.DUE),
        ((D2, ""), (D1, _order(D1, "08")), Standing.SUPERSEDED),
    ],
)
def test_of_one_date_the_scores_written_later_are_newer_and_without_an_order_the_date_alone_counts(held, mine, expected):
    as_of, order = mine

    assert standing(_held(as_of=held[0], order=held[1]), run="r1", as_of=as_of, order=order, traits_hash="mine") is expected


def _name(held, values, run="r1"):
    return message_name(held, sink="segment", sink_id="CRM-1", run=run, as_of=D1, values=values)


def test_values_that_go_back_and_forth_on_one_date_have_a_new_id_each_time():
    held, ids = None, []
    for number, values in enumerate(("A", "B", "A", "B", "A")):
        name = _name(held, values, f"r{number}")
        assert _name(held, values, f"r{number}") == name
        ids.append(name)
        held = _held(traits_hash=values, message_id=name, run=f"r{number}")

    assert len(set(ids)) == 5


def test_what_this_run_has_delivered_keeps_its_id():
    assert _name(_held(traits_hash="A", run="r1"), "A") == "m"


def test_after_a_race_whose_winner_is_not_known_the_same_values_have_a_new_id():
    first = _name(None, "A")

    assert _name(_held(traits_hash="", message_id=first), "A") != first
