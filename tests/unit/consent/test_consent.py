"""No consent on record means no; the newest one counts; a refusal wins a draw."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.consent.gate import allows
from omnichannel.consent.state import ConsentRecord, newest, states

EARLY, LATE = "2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00"


def consent(granted, at=EARLY):
    return {"granted": granted, "at": at}


@pytest.mark.parametrize(
    ("consents", "allowed"),
    [
        ({}, False),
        ({"marketing/email": consent(True)}, True),
        ({"marketing/email": consent(False)}, False),
        ({"marketing/sms": consent(True)}, False),
        ({"analytics/email": consent(True)}, False),
        ({"marketing/any": consent(True)}, True),
        ({"marketing/any": consent(True), "marketing/email": consent(False, LATE)}, False),
        ({"marketing/any": consent(False), "marketing/email": consent(True, LATE)}, True),
        ({"marketing/any": consent(False, LATE), "marketing/email": consent(True)}, False),
        ({"marketing/any": consent(False), "marketing/email": consent(True)}, False),
        ({"marketing/any": consent(True, LATE), "marketing/email": consent(False, "2024-01-02T00:30:00+01:00")}, True),
    ],
)
def test_the_newer_of_the_channel_and_any_channel_decides(consents, allowed):
    assert allows(consents, "marketing", "email") is allowed


RECORDS = st.lists(
    st.builds(
        ConsentRecord,
        customer_ref=st.sampled_from(["R1", "R2", "stranger"]), email=st.none(), anonymous_id=st.none(),
        purpose=st.sampled_from(["marketing", "analytics"]), channel=st.sampled_from(["email", "any"]), granted=st.booleans(),
        recorded_at=st.integers(0, 3).map(lambda day: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)),
    ),
    max_size=12,
)  # fmt: skip


def known(record):
    return None if record.customer_ref == "stranger" else record.customer_ref


@given(RECORDS, st.randoms())
def test_the_state_does_not_depend_on_the_order_of_the_log(log, random):
    shuffled = list(log)
    random.shuffle(shuffled)

    assert states(shuffled, known) == states(log, known)
    assert "stranger" not in states(log, known)


@given(RECORDS, RECORDS)
def test_states_of_two_logs_together_are_the_state_of_both(one, other):
    first, second = states(one, known).get("R1", {}), states(other, known).get("R1", {})

    assert newest(first, second) == newest(second, first) == states([*one, *other], known).get("R1", {})
