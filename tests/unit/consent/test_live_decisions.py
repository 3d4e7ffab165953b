"""What a live event decides about consent."""

from datetime import UTC, datetime

import pytest

from omnichannel.consent.live import decisions

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "preferences", "decided"),
    [
        ("Segment Consent Preference Updated", {"Advertising": True, "analytics": False, "Functional": True},
         [("advertising/web", True), ("analytics/web", False)]),
        ("Segment Consent Preference Updated", {}, []),
        ("Product Viewed", {"Advertising": True, "Analytics": False}, []),
        ("Unsubscribed", {"Marketing": True}, [("marketing/email", False)]),
        ("Email Marked as Spam", {}, [("marketing/email", False)]),
    ],
)  # fmt: skip
def test_only_decisions_count(name, preferences, decided):
    found = decisions(name, preferences, AT)

    assert [(each.key, each.granted) for each in found] == decided
    assert all(each.at == AT for each in found)
