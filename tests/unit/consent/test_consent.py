"""No consent on record means no; the newest one counts; a refusal wins a draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.consent.gate import allows
from omnichannel.consent.state import newest

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


CONSENTS = st.dictionaries(
    st.sampled_from(["marketing/email", "marketing/any", "analytics/web"]),
    st.builds(lambda granted, hour: {"granted": granted, "at": f"2024-01-01T{hour:02}:00:00+00:00"}, st.booleans(), st.integers(0, 3)),
)


@given(CONSENTS, CONSENTS, CONSENTS)
def test_it_does_not_matter_in_which_order_consents_come_together(one, two, three):
    assert newest(one, two) == newest(two, one)
    assert newest(newest(one, two), three) == newest(one, newest(two, three))
    assert newest(one, one) == one


@given(CONSENTS, CONSENTS)
def test_of_each_consent_the_newer_word_stays_and_of_two_at_once_the_refusal(one, two):
    for key, consent in newest(one, two).items():
        words = [each[key] for each in (one, two) if key in each]
        latest = [word["granted"] for word in words if word["at"] == max(w["at"] for w in words)]
        assert consent["granted"] is all(latest)


@pytest.mark.parametrize("odd", ["yes", None, {}, {"granted": "true", "at": LATE}, {"granted": True}, {"granted": True, "at": "soon"}])
def test_a_consent_that_nobody_can_read_stands_above_every_grant_and_means_no(odd):
    readable = {"marketing/email": consent(True, LATE), "marketing/any": consent(True, LATE)}

    for found in (newest(readable, {"marketing/email": odd}), newest({"marketing/email": odd}, readable)):
        assert not allows(found, "marketing", "email")
        assert newest(found, readable) == found


def test_where_no_consent_can_be_read_none_is_a_grant():
    assert not allows(newest({"marketing/email": consent(True)}, "all of them"), "marketing", "email")
