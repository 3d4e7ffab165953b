"""Which message is the same one, and which of a customer's channels stay cleared."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnichannel.activation import clearing, occasions
from omnichannel.activation.contacts import Contact
from omnichannel.activation.sent import Sent
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.ledger import Sink

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DECISION = Decision(customer_id="c", at=NOON.isoformat(), action="win-back", campaign="win-back", channel="email")
HEARD = Contact(action="win-back", campaign="win-back", channel="email", at=NOON - timedelta(days=40), run="r1", message_id="m")
HELD = Sent(
    customer_id="c", sink="pinpoint", traits_hash="h", message_id="m", run="r1", as_of="2026-03-01", at="t", action="a", channel="sms"
)


@pytest.mark.parametrize(
    "contact",
    [
        replace(HEARD, run="r2"),
        replace(HEARD, action="renewal"),
        replace(HEARD, at=NOON + timedelta(seconds=1)),
    ],
    ids=["of the same run", "of another action", "after the decision"],
)
def test_what_is_no_occasion_leaves_the_hash_as_it_is(contact):
    assert occasions.hash_of("h", DECISION, [contact], "r2") == "h"


def test_without_an_action_the_traits_alone_count():
    assert occasions.hash_of("h", None, [HEARD], "r2") == "h"


def test_the_newest_time_that_the_action_was_heard_is_the_occasion():
    newer = replace(HEARD, at=NOON - timedelta(days=1), message_id="n")

    both = occasions.hash_of("h", DECISION, [newer, HEARD], "r2")

    assert both == occasions.hash_of("h", DECISION, [newer], "r2")
    assert len({"h", both, occasions.hash_of("h", DECISION, [HEARD], "r2"), occasions.hash_of("g", DECISION, [newer], "r2")}) == 4


def test_a_decision_without_a_zone_is_in_utc():
    naive = replace(DECISION, at=NOON.replace(tzinfo=None).isoformat())
    assert occasions.hash_of("h", naive, [HEARD], "r2") == occasions.hash_of("h", DECISION, [HEARD], "r2")


@pytest.mark.parametrize(
    ("before", "but", "expected"),
    [
        (None, "email", ""),
        (HELD, "", "sms"),
        (HELD, "sms", ""),
        (HELD, "email", "sms"),
        (replace(HELD, cleared="email"), "", "email sms"),
        (replace(HELD, action="", cleared="email sms"), "sms", "email"),
        (replace(HELD, action=""), "email", ""),
    ],
)
def test_channels_stay_cleared_until_one_is_delivered_on(before, but, expected):
    assert clearing.closed(before, but=but) == expected


def test_only_pinpoint_has_an_endpoint_for_each_channel():
    assert clearing.standing_after(HELD, None, "email", Sink.PINPOINT) == {"action": "", "channel": "email", "cleared": "sms"}
    assert clearing.standing_after(HELD, DECISION, "email", Sink.CONNECT) == {"action": "win-back", "channel": "email", "cleared": ""}
    assert (clearing.moved(HELD, "email"), clearing.moved(HELD, "sms"), clearing.moved(None, "sms")) == (True, False, False)
    assert clearing.reopens(replace(HELD, cleared="email sms"), "email")
    assert not clearing.reopens(HELD, "sms")
