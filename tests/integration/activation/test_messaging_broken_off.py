"""What left before a run or a live message was broken off: the next one knows that it may be there, takes it back, or sends over it."""

import pytest

from omnichannel.activation import contacts, messaging, parts, pinpoint_adapter, pinpoint_live
from sandbox.flow.waiting import until
from tests.faults.channels import CHANNELS, DAY, GRANTED, LAKE, SENT, PinpointImports, account, later
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


def test_what_a_run_that_broke_off_may_have_left_is_taken_back_from_who_withdraws(shop, channel, monkeypatch):
    [customer] = shop.customers([1])
    _break_off(channel, run(shop, [customer], "r1", DAY, [customer]), monkeypatch)
    assert channel.words(customer)["campaign"] == "win-back"
    withdraw(shop, customer)

    part = run(shop, [customer], "r2", later(DAY, 1), [customer])
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: "no-consent"}
    assert {channel.words(customer)[name] for name in AUDIENCES} == {"none"}


def test_what_a_run_that_broke_off_may_have_left_is_written_over_by_what_was_there_before(shop, each_channel, monkeypatch):
    [customer], channel = shop.customers([1]), each_channel
    channel.deliver(run(shop, [customer], "r1", DAY))
    _break_off(channel, run(shop, [customer], "r2", later(DAY, 1), score=0.2), monkeypatch)
    assert channel.held() == {customer: 0.2}

    part = run(shop, [customer], "r3", later(DAY, 2))
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: "delivered"}
    assert channel.held() == {customer: 0.7}


def test_a_run_that_broke_off_and_is_run_again_sends_the_same_message(shop, channel, monkeypatch):
    [customer] = shop.customers([1])
    part = run(shop, [customer], "r1", DAY, [customer])
    _break_off(channel, part, monkeypatch)
    before = channel.words(customer)["message_id"]

    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: "delivered"}
    assert channel.words(customer)["message_id"] == before
    assert len(contacts.read(shop.dynamodb, SENT, [customer])[customer]) == 1


def test_nothing_is_taken_back_where_no_endpoint_came_to_be(shop):
    gone, stays = shop.customers([1, 2])
    channel = PinpointImports(shop)
    channel.deliver(run(shop, [stays], "r1", DAY, [stays]))
    channel.send(run(shop, [gone], "r2", later(DAY, 1), [gone]))
    withdraw(shop, gone)
    withdraw(shop, stays)

    part = run(shop, [gone, stays], "r3", later(DAY, 2), [gone, stays])
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {gone: "no-consent", stays: "no-consent"}
    assert [(each["Id"], each["OptOut"]) for each in channel._endpoints()] == [(f"{stays}.email", "ALL")]


def test_an_endpoint_that_a_run_was_to_open_again_is_opened_by_the_run_repeated(shop):
    [customer], channel = shop.customers([1]), PinpointImports(shop)
    channel.deliver(run(shop, [customer], "r1", DAY, [customer]))
    withdraw(shop, customer)
    channel.deliver(run(shop, [customer], "r2", later(DAY, 1), [customer]))
    shop.customers([1], consents={"marketing/email": GRANTED})
    part = run(shop, [customer], "r3", later(DAY, 2), [customer])
    channel.send(part)
    assert [each["OptOut"] for each in channel._endpoints()] == ["ALL"]

    channel.deliver(part)

    assert [each["OptOut"] for each in channel._endpoints()] == ["NONE"]


def test_who_withdraws_while_a_job_runs_is_taken_back_once_it_has_ended(shop):
    channel, [customer] = PinpointImports(shop), shop.customers([1])
    first = run(shop, [customer], "r1", DAY, [customer])
    channel.send(first)
    withdraw(shop, customer)
    channel.deliver(run(shop, [customer], "r2", later(DAY, 1), [customer]))
    channel.import_all(first)
    assert channel.words(customer)["campaign"] == "win-back"

    channel.deliver(run(shop, [customer], "r3", later(DAY, 2), [customer]))

    assert {channel.words(customer)[name] for name in AUDIENCES} == {"none"}


def test_a_job_that_ends_after_its_action_has_moved_to_another_channel_leaves_nothing_on_the_old_one(shop):
    both = {"marketing/email": GRANTED, "marketing/sms": GRANTED}
    channel, [customer] = PinpointImports(shop), shop.customers([1], consents=both, phone="+4915112345678")
    slow = run(shop, [customer], "r1", DAY, [customer])
    channel.send(slow)
    channel.deliver(run(shop, [customer], "r2", later(DAY, 9), [customer], channel="sms"))

    channel.import_all(slow)

    said = {each["Id"]: (each["Attributes"]["campaign"], each["OptOut"]) for each in channel._endpoints()}
    assert said == {f"{customer}.email": (["none"], "ALL"), f"{customer}.sms": (["win-back"], "NONE")}


def test_a_job_that_ends_after_its_action_was_taken_back_brings_it_back_to_nobody(shop):
    channel, [customer] = PinpointImports(shop), shop.customers([1])
    channel.deliver(run(shop, [customer], "r0", DAY, [customer]))
    slow = run(shop, [customer], "r1", later(DAY, 9), [customer], score=0.8)
    channel.send(slow)
    withdraw(shop, customer)
    channel.deliver(run(shop, [customer], "r2", later(DAY, 10), [customer]))

    channel.import_all(slow)

    assert {channel.words(customer)[name] for name in AUDIENCES} == {"none"}
    assert [each["OptOut"] for each in channel._endpoints()] == ["ALL"]
    shop.customers([1], consents={"marketing/email": GRANTED})
    channel.deliver(run(shop, [customer], "r3", later(DAY, 30), [customer]))
    assert [(each["OptOut"], each["Attributes"]["campaign"]) for each in channel._endpoints()] == [("NONE", ["win-back"])]


def test_a_job_that_ends_after_the_next_run_has_nothing_to_do_for_its_customer_is_written_over_by_the_one_after(shop):
    channel, [customer] = PinpointImports(shop), shop.customers([1])
    slow = run(shop, [customer], "r1", DAY, [customer])
    channel.send(slow)
    channel.deliver(run(shop, [customer], "r2", later(DAY, 1)))

    channel.import_all(slow)

    assert channel.words(customer)["campaign"] == "none"
    channel.deliver(run(shop, [customer], "r3", later(DAY, 2)))
    assert [(each["OptOut"], each["Attributes"]["campaign"]) for each in channel._endpoints()] == [("NONE", ["none"])]


def test_what_an_earlier_job_has_taken_is_delivered_whatever_a_later_one_refuses(shop, monkeypatch):
    channel, [customer] = PinpointImports(shop), shop.customers([1])
    part = run(shop, [customer], "r1", DAY, [customer])
    _break_off(channel, part, monkeypatch)
    heard = contacts.read(shop.dynamodb, SENT, [customer])[customer]
    shop.customers([1], email="nobody")

    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {customer: "delivered"}
    assert contacts.read(shop.dynamodb, SENT, [customer])[customer] == heard


def test_what_a_live_message_that_broke_off_may_have_left_is_taken_back_from_who_withdraws(shop, monkeypatch):
    channel, [customer] = PinpointImports(shop), shop.customers([1])
    part = run(shop, [customer], "r1", DAY, [customer])
    _break_off(_Live(channel), part, monkeypatch)
    assert channel.words(customer)["campaign"] == "win-back"
    withdraw(shop, customer)

    channel.deliver(run(shop, [customer], "r2", later(DAY, 1), [customer]))

    assert {channel.words(customer)[name] for name in AUDIENCES} == {"none"}


def test_a_live_message_that_breaks_off_leaves_no_action_on_the_channel_of_before(shop, monkeypatch):
    both = {"marketing/email": GRANTED, "marketing/sms": GRANTED}
    channel, [customer] = PinpointImports(shop), shop.customers([1], consents=both, phone="+4915112345678")
    channel.deliver(run(shop, [customer], "r1", DAY, [customer], channel="sms"))

    _break_off(_Live(channel), run(shop, [customer], "r2", later(DAY, 9), [customer]), monkeypatch)

    said = {each["Id"]: each["Attributes"]["campaign"] for each in channel._endpoints()}
    assert said == {f"{customer}.sms": ["none"], f"{customer}.email": ["win-back"]}


def test_who_may_be_written_to_can_be_after_a_late_job_too(shop):
    """The newer run has nothing to do for them, on the same channel: its file does not open what the late job's clean-up would shut."""
    channel, [customer] = PinpointImports(shop), shop.customers([1])
    slow, nothing = run(shop, [customer], "r1", DAY, [customer]), run(shop, [customer], "r2", later(DAY, 1))
    channel.send(slow)
    channel.send(nothing)

    channel.import_all(slow)
    channel.import_all(nothing)
    channel.deliver(run(shop, [customer], "r3", later(DAY, 20), [customer]))

    assert [(each["Attributes"]["campaign"], each["OptOut"]) for each in channel._endpoints()] == [(["win-back"], "NONE")]


def test_an_endpoint_that_is_gone_does_not_keep_a_late_job_from_its_end(shop):
    channel, [gone, other] = PinpointImports(shop), shop.customers([1, 2])
    slow = run(shop, [gone, other], "r1", DAY, [gone, other])
    channel.send(slow)
    channel.deliver(run(shop, [gone, other], "r2", later(DAY, 1)))
    job = pinpoint_adapter.start(slow.run, slow.as_of, channel.pinpoint, shop.lake)
    until(
        lambda: channel.client.get_import_job(ApplicationId=channel.app, JobId=job["job_id"])["ImportJobResponse"]["JobStatus"],
        lambda status: status in ("COMPLETED", "FAILED"), step="the import job", seconds=60, every=0.05,
    )  # fmt: skip
    channel.client.delete_endpoint(ApplicationId=channel.app, EndpointId=f"{gone}.email")

    channel.import_all(slow)

    assert {channel.words(other)[name] for name in AUDIENCES} == {"none"}


class _Live:
    """A part's only member as a live message to Pinpoint."""

    def __init__(self, channel):
        self.channel = channel

    def deliver(self, part):
        channel, shop = self.channel, self.channel.account
        (member,) = parts.read(shop.s3, LAKE, part)
        pinpoint_live.deliver(member, shop.outcomes_of(channel.sink, part), shop.state, shop.gates, shop.catalog, channel.pinpoint)


def _break_off(channel, part, monkeypatch):
    """The service has taken the part, and nobody has noted that."""

    def killed(deliveries, *_):
        if deliveries:
            raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(messaging, "acknowledge", killed)
        with pytest.raises(SystemExit):
            channel.deliver(part)
