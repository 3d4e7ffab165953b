"""A contact is reserved before anything is sent: two senders never both get a customer's last place, and what was not sent counts not."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from omnichannel.activation import caps, connect_load, contacts, file_adapter, messaging, parts, pinpoint_live, underway
from omnichannel.activation.contacts import Contact
from tests.faults import segment_world
from tests.faults.channels import GRANTED, LAKE, REFUSED, SENT, Connect, File, PinpointImports, account, later, win_back

DAY = "2026-03-01"
PUT = "BatchPutProfileObject"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        made.product("p1", "Tea")
        yield made


def _contact(shop, name, ago=timedelta()):
    return Contact(action="a", campaign="b", channel="email", at=shop.at - ago, run=name, message_id=name)


def _heard(shop, who):
    return [each.message_id for each in contacts.read(shop.dynamodb, SENT, [who]).get(who, ())]


def _acting(shop, run, numbers=(1,), as_of=DAY):
    ids = shop.customers(numbers)
    return shop.part(run, dict.fromkeys(ids, 0.7), as_of, decisions={who: win_back(who, "p1") for who in ids})


def _room_for_one(contact, had):
    return not had


def test_of_senders_side_by_side_one_gets_the_last_place_of_each_customer(shop):
    customers = [f"c_{number:05d}" for number in range(12)]

    def sender(name):
        wanted = {who: _contact(shop, name) for who in customers}
        return contacts.reserve(shop.dynamodb, SENT, wanted, _room_for_one)

    with segment_world._one_call_at_a_time(), ThreadPoolExecutor(3) as pool:
        found = list(pool.map(sender, ("m1", "m2", "m3")))

    assert [len(_heard(shop, who)) for who in customers] == [1] * len(customers)
    assert Counter(who for each in found for who in each.new) == Counter(customers)
    assert all(each.new | each.refused == {*customers} for each in found)


def test_a_contact_that_is_there_is_not_reserved_anew(shop):
    wanted = {"c_00001": _contact(shop, "m1")}

    first, second = (contacts.reserve(shop.dynamodb, SENT, wanted, _room_for_one) for _ in range(2))

    assert (first.new, second.new, second.refused) == ({"c_00001"}, frozenset(), frozenset())


def test_two_who_were_merged_have_one_place_between_them(shop):
    contacts.hand_on(shop.dynamodb, SENT, "c_00001", "c_00002")
    wanted = {"c_00001": _contact(shop, "m1"), "c_00002": _contact(shop, "m2")}

    taken = contacts.reserve(shop.dynamodb, SENT, wanted, _room_for_one)

    assert (taken.new, taken.refused) == ({"c_00001"}, {"c_00002"})
    contacts.withdraw(shop.dynamodb, SENT, {"c_00001": "m1", "c_00002": "m2"})
    assert _heard(shop, "c_00002") == []


def test_taking_back_takes_back_nothing_else(shop):
    contacts.record(shop.dynamodb, SENT, [("c_00001", _contact(shop, name, timedelta(days=days))) for days, name in enumerate("ab")])

    contacts.withdraw(shop.dynamodb, SENT, {"c_00001": "a", "c_00002": "b"})

    assert _heard(shop, "c_00001") == ["b"]


@pytest.mark.parametrize("made", [File, Connect], ids=["file", "connect"])
def test_a_sender_who_is_overtaken_between_looking_and_sending_sends_nothing(shop, made, monkeypatch):
    """The other one's message is noted after this one's gates have found room for one more."""
    channel, part = made(shop), _acting(shop, "r1")
    reserved = messaging._reserved

    def late(found, *rest):
        contacts.record(shop.dynamodb, SENT, [("c_00001", _contact(shop, "other"))])
        return reserved(found, *rest)

    monkeypatch.setattr(messaging, "_reserved", late)
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {"c_00001": "frequency-cap"}
    assert _heard(shop, "c_00001") == ["other"]


def test_what_was_delivered_is_one_contact_and_written_once(shop, monkeypatch):
    channel, part, written = Connect(shop), _acting(shop, "r1", range(5)), []
    put = contacts._written

    def counted(table, customer_id, *rest):
        written.append(customer_id)
        return put(table, customer_id, *rest)

    monkeypatch.setattr(contacts, "_written", counted)
    channel.deliver(part)

    assert set(shop.outcomes(channel.sink, part).values()) == {"delivered"}
    assert Counter(written) == Counter(shop.customers(range(5)))


@pytest.mark.parametrize(("place", "left"), [("announce", 0), ("remember", 1)])
def test_who_reserved_and_was_killed_leaves_a_contact_only_of_what_may_have_been_sent(shop, place, left, monkeypatch):
    channel, part = Connect(shop), _acting(shop, "r1")

    def killed(found, *_):
        if list(found):
            raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(underway if place == "announce" else messaging, place, killed)
        with pytest.raises(SystemExit):
            channel.deliver(part)
    assert len(_heard(shop, "c_00001")) == 1
    shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": PUT, "status": 400, "times": 9}])

    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {"c_00001": "refused-by-sink"}
    assert len(_heard(shop, "c_00001")) == left


@pytest.mark.parametrize("refusal", ["refused", "unauthorized", "withdrawn"])
def test_what_was_certainly_not_sent_is_no_contact(shop, refusal, monkeypatch):
    channel, part = Connect(shop), _acting(shop, "r1")
    match refusal:
        case "refused":
            shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": PUT, "status": 400, "times": 9}])
        case "unauthorized":
            shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": PUT, "status": 403, "times": 9}])
        case _:
            reserved = messaging._reserved

            def withdrawn(*given):
                found = list(reserved(*given))
                shop.customers([1], consents={"marketing/email": REFUSED})
                return found

            monkeypatch.setattr(messaging, "_reserved", withdrawn)
    channel.deliver(part)

    assert set(shop.outcomes(channel.sink, part).values()).isdisjoint({"delivered"})
    assert _heard(shop, "c_00001") == []


def test_a_sink_that_is_away_keeps_the_contacts_of_those_alone_whom_it_was_asked_to_take(shop):
    channel, part = Connect(shop), _acting(shop, "r1", range(25))
    shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": PUT, "reset": True, "times": 99}])

    assert not channel.once(part)

    assert [who for who in shop.customers(range(25)) if _heard(shop, who)] == shop.customers(range(10))
    shop.serving.twins.faults("customer-profiles").configure(answers=[])
    channel.deliver(part)
    assert [len(_heard(shop, who)) for who in shop.customers(range(25))] == [1] * 25


@pytest.mark.parametrize("why", ["known", "no-room", "no-job", "no-path"])
def test_who_is_in_no_file_has_no_contact_of_it(shop, why, monkeypatch):
    channel = Connect(shop)
    match why:
        case "known":
            channel.deliver(shop.part("r0", dict.fromkeys(shop.customers([1]), 0.7), "2026-02-28"))
        case "no-room":
            monkeypatch.setattr(connect_load, "FILE_BYTES", 1)
        case "no-job":
            shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": "CreateUploadJob", "status": 400, "times": 9}])
        case _:
            shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": "GetUploadJobPath", "status": 400, "times": 9}])
    part = _acting(shop, "r1")

    channel.load(part)

    assert _heard(shop, "c_00001") == []


@pytest.mark.parametrize(("status", "kept"), [(403, 0), (429, 0), (500, 1)])
def test_a_live_message_that_pinpoint_answers_with_a_refusal_is_no_contact(shop, status, kept):
    channel, part = PinpointImports(shop), _acting(shop, "r1")
    shop.serving.twins.faults("pinpoint").configure(answers=[{"operation": "UpdateEndpointsBatch", "status": status, "times": 99}])
    (member,) = parts.read(shop.s3, LAKE, part)

    with pytest.raises(ClientError):
        pinpoint_live.deliver(member, shop.outcomes_of(channel.sink, part), shop.state, shop.gates, shop.catalog, channel.pinpoint)

    assert len(_heard(shop, "c_00001")) == kept


@pytest.mark.parametrize("status", [403, 500])
def test_a_live_message_before_which_another_channel_cannot_be_cleared_is_no_contact(shop, status):
    consents = {"marketing/email": GRANTED, "marketing/sms": GRANTED}
    channel, [customer] = PinpointImports(shop), shop.customers([1], consents=consents, phone="+4915112345678")
    channel.deliver(shop.part("r0", {customer: 0.7}, DAY, decisions={customer: replace(win_back(customer), channel="sms")}))
    before, part = _heard(shop, customer), shop.part("r1", {customer: 0.7}, later(DAY, 9), decisions={customer: win_back(customer, "p1")})
    shop.at += timedelta(days=9)
    shop.serving.twins.faults("pinpoint").configure(answers=[{"operation": "UpdateEndpointsBatch", "status": status, "times": 99}])
    (member,) = parts.read(shop.s3, LAKE, part)

    with pytest.raises(ClientError):
        pinpoint_live.deliver(member, shop.outcomes_of(channel.sink, part), shop.state, shop.gates, shop.catalog, channel.pinpoint)

    assert len(before) == 1
    assert _heard(shop, customer) == before


def test_a_file_that_is_never_written_leaves_no_contact_of_its_first_lines(shop, monkeypatch):
    monkeypatch.setattr(file_adapter, "LOT", 1)
    one, other = shop.customers([1, 2])
    decisions = {one: win_back(one, "p1"), other: replace(win_back(other, "p1"), action="no-more")}
    part = shop.part("r1", {one: 0.7, other: 0.7}, DAY, decisions=decisions)

    with pytest.raises(file_adapter.UnknownAction):
        File(shop).deliver(part)

    assert (_heard(shop, one), _heard(shop, other)) == ([], [])


def test_what_may_have_been_sent_stays_a_contact_and_goes_again_under_its_id(shop):
    channel, part = Connect(shop), _acting(shop, "r1")
    lost = {"operation": PUT, "reset": True, "accept": True, "times": 99}
    shop.serving.twins.faults("customer-profiles").configure(answers=[lost])
    assert not channel.once(part)
    kept = _heard(shop, "c_00001")
    shop.serving.twins.faults("customer-profiles").configure(answers=[])

    channel.deliver(part)

    assert len(kept) == 1
    assert _heard(shop, "c_00001") == kept
    assert shop.outcomes(channel.sink, part) == {"c_00001": "delivered"}


def test_the_cap_of_the_playbook_is_asked_at_that_moment(shop):
    playbook = shop.gates.playbook
    had = (replace(_contact(shop, "m1"), at=shop.at - timedelta(hours=1)),)

    assert caps.reached(playbook, "email", had, shop.at, but="m2")
    assert not caps.reached(playbook, "email", had, shop.at, but="m1")
