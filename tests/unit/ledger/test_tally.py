"""The ledger closes when all that went in came out once, each with a reason, and at no other time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.ledger import Flow, LedgerRow, Sink, Status
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.close import LedgerOpen, SinkFailed, check
from omnichannel.ledger.parts import packed, unpacked
from omnichannel.ledger.tally import Tally, closes

outcomes = st.one_of(
    st.tuples(st.sampled_from([Status.WITHHELD, Status.REJECTED]), st.sampled_from(list(Reason))),
    st.tuples(st.sampled_from([Status.DELIVERED, Status.DEAD_LETTERED]), st.none()),
)


def _row(number, status=Status.DELIVERED, reason=None):
    return LedgerRow(
        flow=Flow.SEGMENT,
        run="r",
        customer_id=f"c_{number}",
        sink=Sink.SEGMENT,
        status=status,
        reason=reason,
        message_id="m",
        at="2026-03-01",
    )


def _summary(rows, entered=None):
    tally = Tally(flow="segment", run="r", sink="segment")
    tally.add(unpacked(packed(rows)))
    return tally.summary(entered)


@given(st.lists(outcomes, max_size=50))
def test_a_row_for_everyone_closes(of_customers):
    rows = [_row(number, status, reason) for number, (status, reason) in enumerate(of_customers)]

    assert closes(_summary(rows, len(rows)))


@given(st.lists(outcomes, min_size=1, max_size=50), st.data())
def test_one_missing_or_one_twice_does_not_close(of_customers, data):
    rows = [_row(number, status, reason) for number, (status, reason) in enumerate(of_customers)]
    chosen = data.draw(st.sampled_from(rows))

    missing = _summary([row for row in rows if row is not chosen], len(rows))
    twice = _summary([*rows, chosen], len(rows))

    assert not closes(missing)
    assert not closes(twice)
    assert twice["twice"] == 1


def test_one_twice_does_not_make_up_for_one_missing():
    summary = _summary([_row(1), _row(1)], 2)

    assert (summary["delivered"], summary["twice"], closes(summary)) == (2, 1, False)


def test_a_summary_has_the_shape_of_a_ledger_row():
    rows = [
        _row(1),
        _row(2, Status.WITHHELD, Reason.NO_CONSENT),
        _row(3, Status.REJECTED, Reason.TOO_LARGE),
        _row(4, Status.WITHHELD, Reason.UNCHANGED),
    ]

    assert _summary(rows, 4) == {
        "flow": "segment",
        "run": "r",
        "sink": "segment",
        "in": 4,
        "delivered": 1,
        "withheld": {"no-consent": 1, "unchanged": 1},
        "rejected": {"too-large": 1},
        "dead_lettered": 0,
        "twice": 0,
    }


def test_without_a_number_the_ids_seen_are_what_went_in():
    assert _summary([_row(1), _row(2)])["in"] == 2


@pytest.mark.parametrize("status", [Status.WITHHELD, Status.REJECTED])
def test_a_row_without_its_reason_is_an_error(status):
    with pytest.raises(ValueError, match="without a reason"):
        _summary([_row(1, status)])


def test_the_same_rows_are_the_same_bytes():
    assert packed([_row(1), _row(2)]) == packed([_row(1).to_dict(), _row(2).to_dict()])


def test_an_open_ledger_says_where_and_how_much():
    with pytest.raises(LedgerOpen, match="segment/segment, run r, does not close: 3 customers in, 2 accounted for, 0 twice"):
        check([_summary([_row(1), _row(2)], 3)])


@pytest.mark.parametrize("reason", [Reason.UNAUTHORIZED, Reason.SINK_UNAVAILABLE])
def test_a_sink_that_took_nothing_fails_the_run_though_its_ledger_closes(reason):
    with pytest.raises(SinkFailed, match=f"segment did not take 1 {reason} of 2 customers"):
        check([_summary([_row(1), _row(2, Status.REJECTED, reason)], 2)])


def test_a_customer_that_the_sink_refused_does_not_fail_the_run():
    check([_summary([_row(1), _row(2, Status.REJECTED, Reason.REFUSED_BY_SINK)], 2)])
