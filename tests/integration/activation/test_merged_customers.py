"""Two customers who turn out to be one: what either heard counts, what is closed for either is closed, no sink goes on with the old id."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from omnichannel.activation import caps, contacts, merged
from omnichannel.activation.contacts import Contact
from omnichannel.activation.merged import Heir
from omnichannel.activation.suppression import Suppression, Why, suppress, suppressed
from omnichannel.aws import dynamodb as tables
from omnichannel.contracts.ledger import Sink
from omnichannel.playbook.actions import playbook
from tests.faults.channels import CHANNELS, CUSTOMERS, DAY, SENT, account, later, win_back

A, B, C = "c_00001", "c_00002", "c_00003"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        made.customers([1, 2, 3])
        yield made


@pytest.fixture(params=["connect", "pinpoint"])
def channel(request, shop):
    return CHANNELS[request.param](shop)


def _merge(shop, old, survivor):
    """What a rebuild does: the state first, then the redirect."""
    Heir(dynamodb=shop.dynamodb, customers_table=CUSTOMERS, sent_table=SENT).take_over([(old, survivor)])
    tables.batch_put(shop.dynamodb, CUSTOMERS, [{"customer_id": old, "customer": survivor}])


def _message(shop, number, hours=0, channel="email"):
    at = shop.at + timedelta(hours=hours)
    return Contact(action=f"a{number}", campaign=f"k{number}", channel=channel, at=at, run="r", message_id=f"m{number}")


def _heard(shop, who):
    return contacts.read(shop.dynamodb, SENT, [who]).get(who, ())


def _item(shop, who):
    return next(tables.batch_get(shop.dynamodb, CUSTOMERS, [{"customer_id": who}]))


def _close(shop, who, channel="email", why=Why.BOUNCE):
    suppress(shop.dynamodb, CUSTOMERS, who, Suppression(channel=channel, why=why, at=shop.at))


def test_contacts_of_both_are_the_survivors_and_the_old_id_leads_there(shop):
    contacts.record(shop.dynamodb, SENT, [(A, _message(shop, 1)), (B, _message(shop, 2, 1))])

    _merge(shop, B, A)

    assert [each.message_id for each in _heard(shop, A)] == ["m1", "m2"]
    assert _heard(shop, B) == _heard(shop, A)


def test_a_message_that_was_on_its_way_under_the_old_id_counts_for_the_survivor(shop):
    _merge(shop, B, A)
    _merge(shop, A, C)
    contacts.record(shop.dynamodb, SENT, [(B, _message(shop, 1)), (A, _message(shop, 2, 1)), (C, _message(shop, 3, 2))])

    assert [each.message_id for each in _heard(shop, C)] == ["m1", "m2", "m3"]


def test_merging_again_changes_nothing(shop):
    contacts.record(shop.dynamodb, SENT, [(A, _message(shop, 1)), (B, _message(shop, 2, 1))])
    _close(shop, B)
    _merge(shop, B, A)
    before, item = _heard(shop, A), _item(shop, A)

    _merge(shop, B, A)

    assert (_heard(shop, A), _item(shop, A)) == (before, item)


def test_who_parted_and_is_merged_the_other_way_round_loses_no_message(shop):
    contacts.record(shop.dynamodb, SENT, [(A, _message(shop, 1)), (B, _message(shop, 2, 1))])
    _merge(shop, B, A)
    shop.customers([2])

    _merge(shop, A, B)

    assert [each.message_id for each in _heard(shop, B)] == ["m1", "m2"]
    assert _heard(shop, A) == _heard(shop, B)


def test_who_parted_and_then_outlives_somebody_else_loses_no_message(shop):
    contacts.record(shop.dynamodb, SENT, [(A, _message(shop, 1)), (B, _message(shop, 2, 1)), (C, _message(shop, 3, 2))])
    _merge(shop, B, C)
    shop.customers([2])
    together = _heard(shop, B)

    _merge(shop, A, B)

    assert [each.message_id for each in together] == ["m2", "m3"]
    assert [each.message_id for each in _heard(shop, B)] == ["m1", "m2", "m3"]
    assert _heard(shop, A) == _heard(shop, B)
    assert _heard(shop, C) == together


def test_what_is_closed_for_either_is_closed_for_the_survivor(shop):
    _close(shop, A, "email")
    _close(shop, B, "sms", Why.COMPLAINT)

    _merge(shop, B, A)

    found = _item(shop, A)
    assert [suppressed(found, channel) for channel in ("email", "sms", "push")] == [True, True, False]
    assert found["suppressed"]["sms"]["reason"] == "complaint"


def test_what_nobody_can_read_of_what_is_closed_closes_everything(shop):
    shop.customers([2], suppressed="yes")

    _merge(shop, B, A)

    assert all(suppressed(_item(shop, A), channel) for channel in ("email", "sms", "push"))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_merged_nobody_hears_more_than_caps_allow_and_nobody_who_is_closed(shop, seed):
    """Messages go out as gates let them, to whoever is still a customer, between merges in any order."""
    chance, rules = Random(seed), playbook()
    people = shop.customers(range(10, 18))
    person = {who: who for who in people}
    heard, closed = {who: [] for who in people}, {who: set() for who in people}
    for number in range(40):
        shop.at += timedelta(hours=chance.choice((1, 6, 20)))
        live = sorted(set(person.values()))
        who, what = chance.choice(live), chance.random()
        if what < 0.15 and len(live) > 1:
            other = chance.choice([each for each in live if each != who])
            _merge(shop, other, who)
            person = {each: who if owner == other else owner for each, owner in person.items()}
            heard[who], closed[who] = sorted(heard[who] + heard.pop(other)), closed[who] | closed.pop(other)
        elif what < 0.25:
            _close(shop, who, channel := chance.choice(("email", "sms")))
            closed[who].add(channel)
        else:
            _send(shop, who, number, chance.choice(("email", "sms")), rules, heard, closed)
    for who, times in heard.items():
        assert [each.at for each in _heard(shop, who)] == times


def _send(shop, who, number, channel, rules, heard, closed):
    """What the gates say is what the whole history of the person says."""
    held, of_person = _heard(shop, who), heard[who]
    full = caps.reached(rules, channel, held, shop.at, but="")
    day = [at for at in of_person if shop.at - at < timedelta(days=1)]
    assert full or not day, f"the cap of one a day lets a second message through after {day}"
    shut = suppressed(_item(shop, who), channel)
    assert shut == (channel in closed[who])
    if not full and not shut:
        contacts.record(shop.dynamodb, SENT, [(who, _message(shop, number, channel=channel))])
        of_person.append(shop.at)


def _run(shop, channel, run, day, decided):
    shop.at = shop.at.replace(month=int(day[5:7]), day=int(day[8:]), hour=12)
    at = shop.at.replace(hour=6).isoformat()
    part = shop.part(run, dict.fromkeys(decided, 0.7), day, decisions={each: replace(win_back(each, "p1"), at=at) for each in decided})
    channel.deliver(part)
    return shop.outcomes(channel.sink, part)


def _about(channel, who):
    return {key: times for key, times in channel.messages().items() if key[0].startswith(who)}


def test_a_sink_stops_what_it_does_under_the_old_id_with_the_next_run_once(shop, channel):
    _run(shop, channel, "r1", DAY, [A, B])
    assert channel.words(B)["next_best_action"] == "win-back-recommended"
    _merge(shop, B, A)

    _run(shop, channel, "r2", later(DAY, 1), [A])

    assert channel.words(B)["next_best_action"] == "none"
    assert channel.words(A)["next_best_action"] == "win-back-recommended"
    assert [each.customer_id for each in merged.left_behind(shop.dynamodb, SENT, channel.sink)] == []
    before = _about(channel, B)
    _run(shop, channel, "r3", later(DAY, 2), [A])
    assert _about(channel, B) == before


def test_an_import_that_ends_after_the_merge_leaves_nothing_acting_under_the_old_id(shop):
    """A job may take hours: what it brings under the old id was not there when the two became one."""
    channel = CHANNELS["pinpoint"](shop)
    part = shop.part("r1", dict.fromkeys([A, B], 0.7), decisions={each: win_back(each, "p1") for each in (A, B)})
    channel.send(part)
    _merge(shop, B, A)
    channel.import_all(part)
    assert channel.words(B)["next_best_action"] == "win-back-recommended"

    _run(shop, channel, "r2", later(DAY, 1), [A])

    assert channel.words(B)["next_best_action"] == "none"
    assert channel.words(A)["next_best_action"] == "win-back-recommended"


def test_the_survivor_of_two_who_heard_something_hears_nothing_more_that_day(shop, channel):
    _run(shop, channel, "r1", DAY, [B])
    _merge(shop, B, A)

    assert _run(shop, channel, "r2", DAY, [A]) == {A: "frequency-cap"}


def test_an_erasure_takes_the_ids_out_of_what_is_to_be_taken_back(shop, channel):
    _run(shop, channel, "r1", DAY, [B])
    _merge(shop, B, A)
    assert [each.customer_id for each in merged.left_behind(shop.dynamodb, SENT, channel.sink)] == [B]

    merged.forget(shop.dynamodb, SENT, [A, B])

    named = [item for item in tables.scan(shop.dynamodb, SENT, ("customer_id", "sink", "ids")) if B in item.get("ids", ())]
    assert named == []
    assert merged.left_behind(shop.dynamodb, SENT, channel.sink) == []


def test_only_sinks_that_go_on_by_themselves_are_asked_to_stop():
    assert set(merged.TAKEN_BACK) == {Sink.CONNECT, Sink.PINPOINT}
