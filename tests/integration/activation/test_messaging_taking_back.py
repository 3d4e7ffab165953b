"""Who is refused after a delivery: what the sink holds of them is taken back, once, and an action decided anew is a message of its own."""

from datetime import timedelta

import pytest

from omnichannel.activation import contacts, messaging
from omnichannel.activation.contacts import Contact
from omnichannel.activation.messaging import Gates
from omnichannel.activation.suppression import Suppression, Why, suppress
from omnichannel.aws import dynamodb as tables
from omnichannel.playbook.actions import playbook
from tests.faults.channels import CHANNELS, CUSTOMERS, DAY, GRANTED, REFUSED, SENT, Connect, File, PinpointImports, account, later
from tests.integration.activation.days import AUDIENCES, run, withdraw


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        yield made


@pytest.fixture(params=["connect", "pinpoint"])
def channel(request, shop):
    return CHANNELS[request.param](shop)


@pytest.fixture(params=list(CHANNELS))
def each_channel(request, shop):
    return CHANNELS[request.param](shop)


def _suppress(shop, customer):
    suppress(shop.dynamodb, CUSTOMERS, customer, Suppression(channel="email", why=Why.COMPLAINT, at=shop.at))


def _lose_address(shop, customer):
    shop.customers([int(customer[2:])], email=" ")


def _hold_out(shop, customer):
    shop.share = 1.0


def _fill_up(shop, customer):
    for number in range(9):
        heard = Contact(action="a", campaign="b", channel="email", at=shop.at + timedelta(hours=number), run="x", message_id=f"m{number}")
        contacts.record(shop.dynamodb, SENT, [(customer, heard)])


REFUSALS = {
    "no-consent": withdraw,
    "suppressed": _suppress,
    "no-address": _lose_address,
    "holdout": _hold_out,
    "frequency-cap": _fill_up,
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_who_is_refused_is_in_no_audience_any_more(shop, channel, reason):
    [customer] = shop.customers([1])
    shop.product("p1", "Crémant")
    channel.deliver(run(shop, [customer], "r1", DAY, [customer]))
    assert channel.words(customer)["next_best_action"] == "win-back-recommended"
    REFUSALS[reason](shop, customer)

    part = run(shop, [customer], "r2", later(DAY, 1), [customer])
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: reason}
    assert {channel.words(customer)[name] for name in AUDIENCES} == {"none"}


def test_what_the_service_refuses_for_good_is_not_taken_back(shop):
    [customer], channel = shop.customers([1]), Connect(shop)
    shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": "BatchPutProfileObject", "status": 400, "times": 9}])
    channel.deliver(run(shop, [customer], "r1", DAY, [customer]))
    shop.serving.twins.faults("customer-profiles").configure(answers=[])
    withdraw(shop, customer)

    channel.deliver(run(shop, [customer], "r2", later(DAY, 1), [customer]))

    assert channel.messages() == {}


@pytest.mark.parametrize("score", [0.7, 0.3])
def test_an_older_run_on_a_channel_that_is_refused_takes_back_nothing_of_a_newer_one_on_another(shop, channel, score):
    [customer] = shop.customers([1], consents={"marketing/email": GRANTED, "marketing/sms": REFUSED})
    newer = run(shop, [customer], "r2", later(DAY, 1), [customer])
    channel.deliver(newer)

    older = run(shop, [customer], "r1", DAY, [customer], score=score, channel="sms")
    channel.deliver(older)

    assert set(shop.outcomes(channel.sink, older).values()) <= {"superseded", "unchanged"}
    assert channel.words(customer)["next_best_action"] == "win-back-recommended"
    channel.deliver(newer)
    assert shop.outcomes(channel.sink, newer) == {customer: "delivered"}


def test_unchanged_traits_do_not_hide_a_withdrawal(shop, channel):
    stays, leaves = shop.customers([1, 2])
    channel.deliver(run(shop, [stays, leaves], "r1", DAY, [stays, leaves]))
    withdraw(shop, leaves)

    part = run(shop, [stays, leaves], "r2", DAY, [stays, leaves])
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {stays: "unchanged", leaves: "no-consent"}
    assert [channel.words(each)["campaign"] for each in (stays, leaves)] == ["win-back", "none"]


def test_it_is_taken_back_once_and_comes_back_with_the_consent(shop, channel):
    [customer] = shop.customers([1])
    channel.deliver(run(shop, [customer], "r1", DAY, [customer]))
    withdraw(shop, customer)
    channel.deliver(run(shop, [customer], "r2", later(DAY, 1), [customer]))
    held, calls = _held(shop), _calls(channel)
    assert ("action" in held, held["cleared"], held["traits_hash"]) == (False, "email", "")

    channel.deliver(run(shop, [customer], "r3", later(DAY, 2), [customer]))
    assert (_held(shop), _calls(channel)) == (held, calls)

    shop.customers([1], consents={"marketing/email": GRANTED})
    part = run(shop, [customer], "r4", later(DAY, 20), [customer])
    channel.deliver(part)
    assert shop.outcomes(channel.sink, part) == {customer: "delivered"}
    assert channel.words(customer)["campaign"] == "win-back"
    assert "cleared" not in _held(shop)


def test_pinpoint_sends_nothing_to_an_endpoint_that_was_taken_back(shop):
    pinpoint, [customer] = PinpointImports(shop), shop.customers([1])
    opted = lambda: pinpoint.client.get_endpoint(ApplicationId=pinpoint.app, EndpointId=f"{customer}.email")["EndpointResponse"]["OptOut"]  # noqa: E731
    pinpoint.deliver(run(shop, [customer], "r1", DAY, [customer]))
    withdraw(shop, customer)

    pinpoint.deliver(run(shop, [customer], "r2", later(DAY, 1), [customer]))
    assert opted() == "ALL"

    shop.customers([1], consents={"marketing/email": GRANTED})
    pinpoint.deliver(run(shop, [customer], "r3", later(DAY, 20), [customer]))
    assert opted() == "NONE"


def test_an_action_on_another_channel_leaves_none_on_the_old_endpoint(shop):
    both = {"marketing/email": GRANTED, "marketing/sms": GRANTED}
    pinpoint, [customer] = PinpointImports(shop), shop.customers([1], consents=both, phone="+4915112345678")
    pinpoint.deliver(run(shop, [customer], "r1", DAY, [customer], channel="sms"))

    pinpoint.deliver(run(shop, [customer], "r2", later(DAY, 9), [customer]))

    said = {each["Id"]: each for each in pinpoint._endpoints()}
    assert said[f"{customer}.sms"]["Attributes"]["campaign"] == ["none"]
    assert (said[f"{customer}.sms"]["OptOut"], said[f"{customer}.email"]["OptOut"]) == ("ALL", "NONE")
    assert said[f"{customer}.email"]["Attributes"]["campaign"] == ["win-back"]


def test_nothing_to_do_replaces_the_action_where_it_is(shop, channel):
    both = {"marketing/sms": GRANTED}
    [customer] = shop.customers([1], consents=both, phone="+4915112345678")
    channel.deliver(run(shop, [customer], "r1", DAY, [customer], channel="sms"))

    part = run(shop, [customer], "r2", later(DAY, 9))
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: "delivered"}
    assert (channel.words(customer)["campaign"], channel.words(customer)["channel"]) == ("none", "sms")


def test_the_same_action_after_its_cool_down_is_sent_again_and_a_run_repeated_is_not(shop, each_channel):
    channel, customers = each_channel, shop.customers(range(3))
    channel.deliver(run(shop, customers, "r1", DAY, customers))

    part = run(shop, customers, "r2", later(DAY, 40), customers)
    channel.deliver(part)
    rows, sent = shop.rows(channel.sink, part), channel.messages()
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == dict.fromkeys(customers, "delivered")
    assert (shop.rows(channel.sink, part), channel.messages()) == (rows, sent)
    assert {len(each) for each in contacts.read(shop.dynamodb, SENT, customers).values()} == {2}


def test_two_runs_that_decided_side_by_side_send_one_message(shop, each_channel):
    channel, [customer] = each_channel, shop.customers([1])
    channel.deliver(run(shop, [customer], "r1", DAY, [customer]))

    part = run(shop, [customer], "r2", DAY, [customer])
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: "unchanged"}


def test_consent_is_asked_right_before_each_request(shop):
    connect, customers = Connect(shop), shop.customers(range(30))
    part, put = shop.part("r1", dict.fromkeys(customers, 0.7)), []

    def withdrawn(**event):
        put.append(event)
        shop.customers(range(30), consents={"marketing/email": REFUSED})

    connect.client.meta.events.register("after-call.customer-profiles.BatchPutProfileObject", withdrawn)
    connect.deliver(part)

    found = list(shop.outcomes(connect.sink, part).values())
    assert (len(put), found.count("delivered"), found.count("no-consent")) == (1, 10, 20)


def test_consent_is_asked_again_after_a_wait(shop):
    connect, customers = Connect(shop), shop.customers(range(5))
    part = shop.part("r1", dict.fromkeys(customers, 0.7))
    throttled = [{"operation": "BatchPutProfileObject", "status": 429, "times": 1}]
    shop.serving.twins.faults("customer-profiles").configure(answers=throttled)

    def withdrawn(**_event):
        _suppress(shop, customers[2])

    connect.client.meta.events.register("after-call.customer-profiles.BatchPutProfileObject", withdrawn)
    connect.deliver(part)

    assert shop.outcomes(connect.sink, part) == dict.fromkeys(customers, "delivered") | {customers[2]: "suppressed"}
    assert customers[2] not in connect.held()


@pytest.mark.parametrize("kind", [File, PinpointImports])
def test_of_an_item_no_more_is_read_than_is_used(shop, monkeypatch, kind):
    channel, customers = kind(shop), shop.customers(range(4), segments={"everything": "x" * 1_000}, profile={"language": "de"})
    shop.product("p1", "Crémant")
    read = _spy(monkeypatch)

    channel.deliver(run(shop, customers, "r1", DAY, customers))

    names = {name for item in read for name in item}
    assert "profile" in names
    assert names <= {"customer_id", "consents", "suppressed", "email", "phone", "push_token", "profile", "aggregates"}


@pytest.mark.parametrize("kind", [File, PinpointImports])
def test_customers_of_one_lot_are_written_before_the_next_is_read(shop, monkeypatch, kind):
    module = {File: "file_adapter", PinpointImports: "pinpoint_adapter"}[kind]
    monkeypatch.setattr(f"omnichannel.activation.{module}.LOT", 4)
    channel, customers, seen = kind(shop), shop.customers(range(10)), []
    reach = messaging.recipients
    monkeypatch.setattr(messaging, "recipients", lambda lot, *rest: seen.append(len(lot)) or reach(lot, *rest))
    part = shop.part("r1", dict.fromkeys(customers, 0.7))

    channel.deliver(part)

    assert seen == [4, 4, 2]
    assert channel.held() == dict.fromkeys(customers, 0.7)
    assert shop.outcomes(channel.sink, part) == dict.fromkeys(customers, "delivered")


@pytest.mark.parametrize("text", ["", "[]", '{"salt": "a"}', '{"salt": "a", "share": 2}', '{"salt": "a", "share": "half"}'])
def test_a_holdout_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="holdout"):
        Gates.of(text, playbook())


def _held(shop):
    found = shop.dynamodb.scan(TableName=SENT)["Items"]
    [held] = [each for each in map(tables.decode, found) if each["sink"] != contacts.CONTACTS_KEY]
    return held


def _calls(channel):
    return sum(channel.messages().values()) if isinstance(channel, Connect) else channel._endpoints()


def _spy(monkeypatch):
    """The customers' items that the port reads."""
    read, batch_get = [], tables.batch_get

    def spied(dynamodb, table, keys, attributes=()):
        for item in batch_get(dynamodb, table, keys, attributes):
            read.extend([item] if table == CUSTOMERS else [])
            yield item

    monkeypatch.setattr(messaging.tables, "batch_get", spied)
    return read
