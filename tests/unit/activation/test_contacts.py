"""What is kept of a customer's contacts: every message once, whoever reports it under whatever id."""

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from omnichannel.activation.caps import reached
from omnichannel.activation.contacts import Contact, kept
from omnichannel.playbook.choices import Cap
from tests.unit.decisions.shoppers import playbook

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def contact(hours: float, *, action: str = "", campaign: str = "win-back", channel: str = "email", name: str = "") -> Contact:
    at = NOON + timedelta(hours=hours)
    return Contact(action=action, campaign=campaign, channel=channel, at=at, run="", message_id=name or f"{action}{at.isoformat()}")


def test_a_report_without_our_id_does_not_count_our_message_twice() -> None:
    ours, report = contact(0, action="offer", name="m1"), contact(13, name="email/win-back/2026-11-21")

    assert kept([ours, report]) == kept([report, ours]) == (ours,)


def test_a_cap_of_three_closes_after_three_messages_that_were_all_reported() -> None:
    rules = playbook({"mail": {}}, caps=[{"days": 7, "most": 3}])
    sent = [contact(-48 * n, action="offer") for n in (1, 2)]
    reports = [contact(-48 * n + 2) for n in (1, 2)]

    assert rules.caps == (Cap(days=7, most=3),)
    assert not reached(rules, "email", kept([*sent, *reports]), NOON, but="")
    assert reached(rules, "email", kept([*sent, *reports, contact(-1, action="offer")]), NOON, but="")


def test_other_campaigns_channels_and_times_are_messages_of_their_own() -> None:
    ours = contact(0, action="offer")
    others = [contact(1, campaign="spring"), contact(1.5, channel="sms"), contact(36.5), contact(-1)]

    assert set(kept([ours, *others])) == {ours, *others}


_NUMBERS = count()
CONTACTS = st.lists(
    st.builds(
        lambda minutes, action, campaign, channel, name: contact(
            minutes / 60, action=action, campaign=campaign, channel=channel, name=name or str(next(_NUMBERS))
        ),
        st.integers(0, 5 * 24 * 60), st.sampled_from(["", "offer"]), st.sampled_from(["win-back", ""]),
        st.sampled_from(["email", "sms"]), st.sampled_from(["", "", "m1", "m2"]),
    ),
    max_size=9,
    unique_by=lambda each: (each.message_id, each.action),
)  # fmt: skip


def plainly(contacts: list[Contact]) -> set[Contact]:
    """One by one: an id is one message and ours before a report; a report of ours is none."""
    ours = [each for each in contacts if each.action]
    found = set(ours)
    for each in contacts:
        told = any(
            each.message_id == one.message_id
            or ((each.campaign, each.channel) == (one.campaign, one.channel) and -60 <= (each.at - one.at).total_seconds() <= 36 * 3600)
            for one in ours
        )
        found |= set() if each.action or told else {each}
    return found


@given(CONTACTS, st.randoms())
def test_contacts_are_kept_as_the_plain_words_say_in_whatever_order_they_come(contacts: list[Contact], chance: Random) -> None:
    shuffled = list(contacts)
    chance.shuffle(shuffled)

    assert set(kept(contacts)) == set(kept(shuffled)) == plainly(contacts)
    assert kept(kept(contacts)) == kept(contacts)


def test_an_earlier_report_of_a_message_tells_when_it_went_out_however_late_it_comes() -> None:
    delivered, sent = contact(2, name="x1"), contact(1, name="x1")

    assert kept((delivered, sent)) == kept((sent, delivered)) == (sent,)
