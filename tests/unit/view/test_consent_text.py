"""Consents as one text: what DuckDB compares is what Python writes."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from omnichannel.view.consents import decoded, encoded

KEYS = st.builds("{}/{}".format, st.sampled_from(["marketing", "analytics"]), st.sampled_from(["email", "any", "web"]))
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]))  # noqa: DTZ001 - bounds of aware ones
CONSENTS = st.dictionaries(KEYS, st.builds(lambda granted, at: {"granted": granted, "at": at.isoformat()}, st.booleans(), TIMES))


@given(CONSENTS)
def test_what_is_written_is_read_again_in_utc(consents):
    read = decoded(encoded(consents))

    assert {key: (c["granted"], datetime.fromisoformat(c["at"])) for key, c in read.items()} == {
        key: (c["granted"], datetime.fromisoformat(c["at"])) for key, c in consents.items()
    }
    assert all(consent["at"].endswith("+00:00") for consent in read.values())
    assert encoded(read) == encoded(consents)


def test_the_order_of_consents_does_not_matter():
    one = {"granted": True, "at": "2026-01-01T00:00:00+00:00"}

    assert encoded({"b/x": one, "a/y": one}) == encoded({"a/y": one, "b/x": one}) == "a/y=1@1767225600000000,b/x=1@1767225600000000"
