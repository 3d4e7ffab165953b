"""What every adapter of the messaging port keeps, each at the twin of its sink."""

import math
from datetime import timedelta

import pytest

from omnichannel.activation import contacts, messaging
from omnichannel.activation.contacts import Contact
from omnichannel.activation.parts import Member
from omnichannel.activation.suppression import Suppression, Why, suppress
from omnichannel.contracts.ledger import Sink
from omnichannel.experiments.assignment import held_out
from tests.faults.channels import CHANNELS, CUSTOMERS, DAY, GRANTED, REFUSED, SENT, account, later, win_back


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        yield made


@pytest.fixture(params=list(CHANNELS))
def channel(request, shop):
    return CHANNELS[request.param](shop)


def _outcomes(channel, part):
    return channel.account.outcomes(channel.sink, part)


def test_each_customer_is_delivered_once(shop, channel):
    part = shop.part("r1", dict.fromkeys(shop.customers(range(25)), 0.7))

    channel.deliver(part)

    assert set(_outcomes(channel, part).values()) == {"delivered"}
    assert channel.held() == dict.fromkeys((f"c_{n:05d}" for n in range(25)), 0.7)
    assert set(channel.messages().values()) == {1}


def test_the_same_run_again_sends_nothing_new(shop, channel):
    part = shop.part("r1", dict.fromkeys(shop.customers(range(12)), 0.7))
    channel.deliver(part)
    before, rows = channel.messages(), shop.rows(channel.sink, part)
    shop.at += timedelta(hours=1)

    channel.deliver(part)

    assert channel.messages() == before
    assert shop.rows(channel.sink, part) == rows


def test_unchanged_scores_of_another_run_send_nothing(shop, channel):
    customers = shop.customers(range(12))
    channel.deliver(shop.part("r1", dict.fromkeys(customers, 0.7)))
    before, part = channel.messages(), shop.part("r2", dict.fromkeys(customers, 0.7), later(DAY, 1))

    channel.deliver(part)

    assert set(_outcomes(channel, part).values()) == {"unchanged"}
    assert channel.messages() == before


def test_one_percent_changed_is_one_percent_sent(shop, channel):
    customers = shop.customers(range(200))
    channel.deliver(shop.part("r1", dict.fromkeys(customers, 0.7)))
    changed = {customers[number]: 0.2 for number in (11, 120)}
    part = shop.part("r2", {**dict.fromkeys(customers, 0.7), **changed}, later(DAY, 1))

    channel.deliver(part)

    outcomes = _outcomes(channel, part)
    assert {each for each in customers if outcomes[each] == "delivered"} == set(changed)
    assert sum(outcome == "unchanged" for outcome in outcomes.values()) == 198
    assert sum(channel.held()[each] == 0.2 for each in customers) == 2


def test_an_older_run_never_overwrites_a_newer_one(shop, channel):
    customers = shop.customers(range(12))
    channel.deliver(shop.part("new", dict.fromkeys(customers, 0.7), later(DAY, 1)))
    part = shop.part("old", dict.fromkeys(customers, 0.2), DAY)

    channel.deliver(part)

    assert set(_outcomes(channel, part).values()) == {"superseded"}
    assert set(channel.held().values()) == {0.7}


def test_who_may_not_be_reached_is_withheld_with_the_reason(shop, channel):
    customers = shop.customers(range(8))
    shop.customers([1], consents={"marketing/email": REFUSED})
    shop.customers([2], consents={})
    shop.customers([3], email=" ")
    suppress(shop.dynamodb, CUSTOMERS, customers[4], Suppression(channel="email", why=Why.BOUNCE, at=shop.at))
    suppress(shop.dynamodb, CUSTOMERS, customers[5], Suppression(channel="any", why=Why.COMPLAINT, at=shop.at))
    part = shop.part("r1", dict.fromkeys([*customers, "c_99999"], 0.7))

    channel.deliver(part)

    assert _outcomes(channel, part) == dict.fromkeys(customers, "delivered") | {
        "c_00001": "no-consent",
        "c_00002": "no-consent",
        "c_00003": "no-address",
        "c_00004": "suppressed",
        "c_00005": "suppressed",
        "c_99999": "no-consent",
    }
    assert set(channel.held()) == {"c_00000", "c_00006", "c_00007"}


@pytest.mark.parametrize("sink", [Sink.FILE, Sink.CONNECT, Sink.PINPOINT])
def test_what_was_decided_by_day_and_goes_out_by_night_waits_for_the_morning(shop, sink):
    near, far = shop.customers(range(2))
    shop.customers([1], profile={"timezone": "America/New_York"})
    members = [Member(each, "", {}, {}, win_back(each).to_dict()) for each in (near, far)]
    shop.at = shop.at.replace(hour=22, minute=0) + timedelta(days=3)

    found = messaging.recipients(members, shop.outcomes_of(sink, shop.part("r1", {})), shop.state, shop.gates)

    morning = f"{shop.at + timedelta(days=1):%Y-%m-%d}T07:00:00+00:00"
    assert {each.member.customer_id: each.action.not_before for each in found} == {near: morning, far: ""}


def test_consent_withdrawn_after_the_decision_stops_the_message(shop, channel):
    customers = shop.customers(range(5))
    part = shop.part("r1", dict.fromkeys(customers, 0.9), decisions={each: win_back(each) for each in customers})
    shop.customers([2], consents={"marketing/email": GRANTED, "marketing/any": REFUSED})

    channel.deliver(part)

    assert _outcomes(channel, part)["c_00002"] == "no-consent"
    assert "c_00002" not in channel.held()


def test_a_delivered_action_is_a_contact_once_and_counts_for_the_caps(shop, channel):
    customers = shop.customers(range(3))
    for number in range(3):
        at = shop.at - timedelta(days=2 + number)
        contact = Contact(action="a", campaign="b", channel="email", at=at, run="r0", message_id=f"m{number}")
        contacts.record(shop.dynamodb, SENT, [(customers[1], contact)])
    part = shop.part("r1", dict.fromkeys(customers, 0.9), decisions={each: win_back(each) for each in customers[:2]})

    channel.deliver(part)
    channel.deliver(part)

    assert _outcomes(channel, part) == {customers[0]: "delivered", customers[1]: "frequency-cap", customers[2]: "delivered"}
    held = contacts.read(shop.dynamodb, SENT, customers)
    assert [(each.action, each.campaign, each.run) for each in held[customers[0]]] == [("win-back-recommended", "win-back", "r1")]
    assert (len(held[customers[1]]), customers[2] in held) == (3, False)


def test_a_product_that_is_sold_out_gives_way(shop, channel):
    (customer,) = shop.customers([1], profile={"first_name": "Zoë", "language": "en"})
    shop.product("p1", "Sold out", stock=0)
    shop.product("p2", "Crémant 🥂 d'Alsace")
    part = shop.part("r1", {customer: 0.9}, decisions={customer: win_back(customer, "p1", "p2")})

    channel.deliver(part)

    shown = "\n".join(channel.words(customer).values())
    assert "Crémant 🥂 d'Alsace" in shown
    assert "Sold out" not in shown


def test_an_address_that_is_beyond_all_limits_stops_nobody_else(shop, channel):
    customers = shop.customers(range(12))
    shop.customers([4], email=f"{'x' * 300_000}@example.org")
    part = shop.part("r1", dict.fromkeys(customers, 0.7))

    channel.deliver(part)

    assert _outcomes(channel, part) == dict.fromkeys(customers, "delivered") | {"c_00004": "no-address"}
    assert set(channel.held()) == set(customers) - {"c_00004"}


def test_unicode_arrives_as_it_is(shop, channel):
    (customer,) = shop.customers([1])
    shop.product("p1", "مرحبا Grüße 🍷")
    part = shop.part("r1", {customer: 0.9}, decisions={customer: win_back(customer, "p1")})

    channel.deliver(part)

    assert "مرحبا Grüße 🍷" in "\n".join(channel.words(customer).values())


def test_a_part_of_nobody_is_an_explicit_nothing(shop, channel):
    part = shop.part("r1", {})

    channel.deliver(part)

    assert (_outcomes(channel, part), channel.held(), channel.messages()) == ({}, {}, {})


def test_who_is_held_out_receives_nothing(shop, channel):
    shop.share = 0.5
    customers = shop.customers(range(60))
    part = shop.part("r1", dict.fromkeys(customers, 0.7))

    channel.deliver(part)

    out = {each for each in customers if held_out("test", shop.share, each)}
    assert {each for each, outcome in _outcomes(channel, part).items() if outcome == "holdout"} == out
    assert set(channel.held()) == set(customers) - out


def test_ten_thousand_sends_hold_the_same_share_out_for_every_sink(shop, monkeypatch):
    shop.share, count = 0.05, 10_000
    members = [Member(f"c_{n:05d}", "", {}) for n in range(count)]
    item = {"email": "canary@example.org", "consents": {"marketing/email": GRANTED}}
    monkeypatch.setattr(messaging.sent, "marked", lambda *_: {})
    monkeypatch.setattr(messaging.tables, "batch_get", lambda _, __, keys, *_attributes: ({**item, **key} for key in keys))
    part = shop.part("r1", {})

    out = {member.customer_id for member in members if held_out("test", shop.share, member.customer_id)}
    for sink in (Sink.FILE, Sink.CONNECT, Sink.PINPOINT):
        reached = messaging.recipients(members, shop.outcomes_of(sink, part), shop.state, shop.gates)
        assert {each.member.customer_id for each in reached} == {member.customer_id for member in members} - out
    assert abs(len(out) - count * shop.share) < 4 * math.sqrt(count * shop.share * (1 - shop.share))
