"""A live decision reaches the messaging sink once, through the gates of every run, and counts there for the next one."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from omnichannel.activation import connect_adapter, contacts, file_adapter, live_messages, messaging, pinpoint_live
from omnichannel.activation.live_messages import Messenger, Told, told
from omnichannel.activation.suppression import Suppression, Why, suppress
from omnichannel.activation.turns import Taken, Turns
from omnichannel.aws import dynamodb as tables
from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.contracts.ledger import LIVE, Sink
from omnichannel.ledger.parts import read_part
from tests.faults.channels import CHANNELS, CUSTOMERS, DAY, LAKE, REFUSED, SENT, account, later, win_back

LANDING = "landing"
SCORES = {"churn": {"score": Decimal("0.91"), "band": "high", "decile": 10, "run": "r0", "as_of": DAY, "at": f"{DAY}T05:00:00+00:00"}}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        made.s3.create_bucket(Bucket=LANDING)
        made.customers([1], scores=SCORES, customer_segments={"behaviour": {"name": "Sleepers", "run": "s"}})
        made.product("p1", "Tea")
        yield made


@pytest.fixture(params=["file", "connect", "pinpoint"])
def channel(request, shop):
    return CHANNELS[request.param](shop)


def _deliver(channel):
    shop = channel.account
    state, gates, catalog = shop.state, shop.gates, shop.catalog
    match channel.sink:
        case Sink.FILE:
            return lambda member, outcomes: file_adapter.deliver([member], outcomes, state, gates, shop.renderer, shop.s3, LAKE)
        case Sink.CONNECT:
            return lambda member, outcomes: connect_adapter.deliver([member], outcomes, channel._sender(), state, gates, catalog)
        case _:
            return lambda member, outcomes: pinpoint_live.deliver(member, outcomes, state, gates, catalog, channel.pinpoint)


def _messenger(channel):
    shop = channel.account
    return Messenger(
        sink=channel.sink, state=shop.state, deliver=_deliver(channel), s3=shop.s3, lake=LAKE, landing=LANDING, now=lambda: shop.at,
    )  # fmt: skip


def _decided(shop, event_id="e1", *, who="c_00001", ago=timedelta(), **changes):
    at = (shop.at - ago).isoformat(timespec="microseconds")
    return Told(receipt=event_id, event_id=event_id, caused_at=at, decision=replace(win_back(who, "p1"), at=at, **changes))


def _heard(shop, who="c_00001"):
    return contacts.read(shop.dynamodb, SENT, [who]).get(who, ())


def _ledger(channel, event_id="e1"):
    run = f"{LIVE}{DAY}"
    return read_part(channel.account.s3, LAKE, flow=channel.sink.flow, run=run, sink=channel.sink, part=event_id)


def _words(channel):
    return channel.words("c_00001") if channel.sink is not Sink.FILE else _row(channel.account)


def _rows(shop, run=f"{LIVE}{DAY}"):
    channel = CHANNELS["file"](shop)
    channel.runs = [run]
    return list(channel.rows())


def _row(shop):
    [row] = _rows(shop)
    return row


def test_a_live_decision_is_handed_over_with_what_is_known_of_the_customer(shop, channel):
    word = _messenger(channel).hand_over(_decided(shop))

    said = _words(channel)
    assert word == "delivered"
    assert said["churn_band"] == "high"
    assert said["customer_segment"] == "Sleepers"
    assert said["next_best_action"] == "win-back-recommended"
    assert said["propensity_as_of"] == DAY
    [row] = _ledger(channel)
    assert (row["status"], row["run"]) == ("delivered", f"live-{DAY}")
    assert [(each.action, each.message_id) for each in _heard(shop)] == [("win-back-recommended", row["message_id"])]


def _landed(shop):
    keys = [each["Key"] for each in shop.s3.list_objects_v2(Bucket=LANDING)["Contents"]]
    return {key.split("/")[1]: json.loads(gzip.decompress(shop.s3.get_object(Bucket=LANDING, Key=key)["Body"].read())) for key in keys}


def test_the_account_lands_as_a_runs_does(shop, channel):
    _messenger(channel).hand_over(_decided(shop, arms={"holdout": "in"}))

    landed = _landed(shop)
    assert landed["activation-log"]["status"] == "delivered"
    assert (landed["decisions"]["action"], landed["decisions"]["as_of"]) == ("win-back-recommended", DAY)
    assert landed["assignments"]["arm"] == "in"


@pytest.mark.parametrize("rule", [Rule.CONTROL_GROUP, Rule.HOLDOUT])
def test_what_an_experiment_alone_refused_is_in_the_log_of_decisions_and_nothing_is_sent(shop, channel, rule):
    """Arms are compared by that log: with the treated alone in it there is nothing to compare them with."""
    refused = {"cart-reminder": (rule,), "welcome": (rule, Rule.NOT_ELIGIBLE)}
    each = _decided(shop, action="", campaign="", channel="", items=(), refused=refused, arms={"cart": "control"})
    body = {**each.decision.to_dict(), "event_id": "e1", "caused_at": each.caused_at}

    [found], _ = told([{"messageId": "e1", "body": json.dumps({"detail": body})}])
    word = [_messenger(channel).hand_over(found) for _ in range(2)]

    assert (found, word) == (each, ["refused", "done-before"])
    assert _landed(shop)["decisions"]["refused"]["cart-reminder"] == [rule.value]
    assert _landed(shop)["assignments"]["arm"] == "control"
    assert (_ledger(channel), _heard(shop), _told_to(channel)) == ([], (), [])


def test_what_became_of_two_decisions_within_a_second_are_two_rows_of_the_account(shop, channel):
    """Customer, sink, run and time are a row's key: with the same time one of the two would be lost."""
    messenger, earlier, later_one = _messenger(channel), _decided(shop, ago=timedelta(hours=2)), _decided(shop, "e2")
    messenger.hand_over(earlier)
    shop.at += timedelta(milliseconds=40)
    messenger.hand_over(later_one)

    rows = [*_ledger(channel), *_ledger(channel, "e2")]
    assert [row["status"] for row in rows] == ["withheld", "delivered"]
    assert rows[0]["at"] < rows[1]["at"]


def test_an_event_told_again_is_handed_over_once(shop, channel):
    messenger, each = _messenger(channel), _decided(shop)
    messenger.hand_over(each)
    before = channel.messages()
    shop.at += timedelta(minutes=10)

    assert messenger.hand_over(each) == "done-before"
    assert messenger.hand_over(replace(each, decision=replace(each.decision, action="renewal-offer"))) == "done-before"
    assert channel.messages() == before
    assert len(_heard(shop)) == 1


def test_who_is_broken_off_after_sending_sends_nothing_twice(shop, channel, monkeypatch):
    messenger, each = _messenger(channel), _decided(shop)
    monkeypatch.setattr(live_messages.landing, "land", _broken)
    with pytest.raises(ConnectionError):
        messenger.hand_over(each)
    monkeypatch.undo()
    shop.at += timedelta(minutes=2)

    assert messenger.hand_over(each) == "delivered"
    assert set(channel.messages().values()) <= {1} or channel.sink is Sink.FILE
    assert len(_heard(shop)) == 1
    if channel.sink is Sink.FILE:
        assert len(_rows(shop)) == 1


def _broken(*_):
    raise ConnectionError("the line is cut")


def test_a_decision_that_a_message_has_overtaken_is_not_sent(shop, channel):
    """Two events of one moment: the second decision could not know of the first one's message."""
    messenger, second = _messenger(channel), _decided(shop, "e2", action="renewal-offer", campaign="renewal")
    messenger.hand_over(_decided(shop))

    assert messenger.hand_over(second) == "superseded"
    assert len(_heard(shop)) == 1


@pytest.mark.parametrize("ago", [timedelta(minutes=61), timedelta(days=2)])
def test_a_decision_of_long_ago_is_no_answer(shop, channel, ago):
    assert _messenger(channel).hand_over(_decided(shop, ago=ago)) == "outside-window"
    assert _heard(shop) == ()


def test_a_decision_that_a_later_one_has_replaced_is_not_sent(shop, channel):
    early = _decided(shop, ago=timedelta(minutes=5))
    at = shop.at.isoformat(timespec="microseconds")
    shop.customers([1], scores=SCORES, next_action={"action": "", "at": at, "caused_at": at})

    assert _messenger(channel).hand_over(early) == "superseded"


def test_an_event_that_was_decided_twice_is_no_event_after_itself(shop, channel):
    """Its first decision is sent; taken for overtaken by the second one, it would be done with, and neither would be sent."""
    early = _decided(shop, ago=timedelta(seconds=5))
    second = replace(early, decision=replace(early.decision, at=shop.at.isoformat(timespec="microseconds")))
    item = {"action": "win-back-recommended", "at": second.decision.at, "caused_at": early.caused_at}
    shop.customers([1], scores=SCORES, next_action=item)
    messenger = _messenger(channel)

    assert [messenger.hand_over(each) for each in (early, second)] == ["delivered", "done-before"]
    assert len(_heard(shop)) == 1


REFUSALS = {
    "no-consent": lambda shop: shop.customers([1], scores=SCORES, consents={"marketing/email": REFUSED}),
    "suppressed": lambda shop: suppress(
        shop.dynamodb, CUSTOMERS, "c_00001", Suppression(channel="email", why=Why.COMPLAINT, at=shop.at)
    ),
    "holdout": lambda shop: setattr(shop, "share", 1.0),
    "no-address": lambda shop: shop.customers([1], scores=SCORES, email=""),
    "frequency-cap": lambda shop: contacts.record(
        shop.dynamodb, SENT,
        [("c_00001", contacts.Contact(action="a", campaign="b", channel="sms", at=shop.at - timedelta(hours=2), run="x", message_id="m"))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_gate_stands_before_a_live_message(shop, channel, reason):
    REFUSALS[reason](shop)

    assert _messenger(channel).hand_over(_decided(shop)) == reason
    assert [row["reason"] for row in _ledger(channel)] == [reason]
    assert not any("win-back" in json.dumps(each, default=str) for each in _told_to(channel))


def _told_to(channel):
    if channel.sink is Sink.FILE:
        return _rows(channel.account)
    return channel._attributes() if channel.sink is Sink.CONNECT else channel._endpoints()


def test_quiet_hours_hold_a_live_message_back_as_they_hold_a_run_s(shop, channel):
    shop.at = shop.at.replace(hour=23)
    _messenger(channel).hand_over(_decided(shop))

    assert _words(channel)["not_before"] == "2026-03-02T07:00:00+00:00"


def test_a_run_counts_what_was_said_live(shop, channel):
    """One message a day, over all channels and senders: what a run decided before is withheld."""
    _messenger(channel).hand_over(_decided(shop))
    part = shop.part("r1", {"c_00001": 0.7}, decisions={"c_00001": replace(win_back("c_00001", "p1"), action="win-back-voucher")})
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {"c_00001": "frequency-cap"}
    assert len(_heard(shop)) == 1
    assert _words(channel)["next_best_action"] == "win-back-recommended"


@pytest.mark.parametrize("sink", ["connect", "pinpoint"])
def test_a_run_of_the_next_morning_leaves_a_live_message_to_be_sent_and_the_one_after_takes_it_back(shop, sink):
    """It waits for the end of quiet hours, or for the sink to look, which it does once a day."""
    channel, shop.at = CHANNELS[sink](shop), shop.at.replace(hour=22)
    _messenger(channel).hand_over(_decided(shop))
    for hours, run, action in ((8, "r1", "win-back-recommended"), (24, "r2", "none")):
        shop.at += timedelta(hours=hours)
        _hear(shop, run)
        part = shop.part(run, {"c_00001": 0.7}, decisions={"c_00001": replace(win_back("c_00001", "p1"), action="win-back-voucher")})
        channel.deliver(part)

        assert shop.outcomes(channel.sink, part) == {"c_00001": "frequency-cap"}
        assert channel.words("c_00001")["next_best_action"] == action


def _hear(shop, run):
    heard = contacts.Contact(action="a", campaign="b", channel="sms", at=shop.at - timedelta(hours=2), run="x", message_id=run)
    contacts.record(shop.dynamodb, SENT, [("c_00001", heard)])


def test_a_live_message_counts_what_a_run_said(shop, channel):
    part = shop.part("r1", {"c_00001": 0.7}, decisions={"c_00001": win_back("c_00001", "p1")})
    channel.deliver(part)
    shop.at += timedelta(minutes=5)

    assert _messenger(channel).hand_over(_decided(shop, action="renewal-offer", campaign="renewal")) == "frequency-cap"
    assert len(_heard(shop)) == 1
    if channel.sink is not Sink.FILE:
        assert channel.words("c_00001")["next_best_action"] == "win-back-recommended"


def test_the_next_run_of_the_same_scores_is_not_overtaken_by_a_live_message(shop, channel):
    _messenger(channel).hand_over(_decided(shop))
    shop.at += timedelta(days=40)
    decision = replace(win_back("c_00001", "p1"), action="win-back-voucher", at=shop.at.isoformat())
    part = shop.part("r1", {"c_00001": 0.7}, decisions={"c_00001": decision})
    channel.deliver(part)

    assert shop.outcomes(channel.sink, part) == {"c_00001": "delivered"}
    assert len(_heard(shop)) == 2


def test_one_message_at_a_time_for_a_customer(shop):
    turns = Turns(dynamodb=shop.dynamodb, table=SENT)
    turn = turns.take("c_00001", "e1", shop.at)

    with pytest.raises(Taken):
        turns.take("c_00001", "e2", shop.at + timedelta(seconds=30))
    assert turns.take("c_00002", "e2", shop.at).done == ()
    turns.give_back(turn, done="e1")
    again = turns.take("c_00001", "e1", shop.at)
    assert (again.done, again.again) == (("e1",), False)


def test_who_never_gave_a_turn_back_loses_it(shop):
    turns = Turns(dynamodb=shop.dynamodb, table=SENT)
    lost = turns.take("c_00001", "e1", shop.at)

    assert turns.take("c_00001", "e1", shop.at + timedelta(minutes=2)).again
    with pytest.raises(Taken):
        turns.give_back(lost, done="e1")


def test_an_old_event_told_once_more_makes_a_broken_off_one_no_stranger_to_its_own_contact(shop):
    channel = CHANNELS["file"](shop)
    messenger, old, each = _messenger(channel), _decided(shop, "e0", ago=timedelta(hours=2)), _decided(shop, "e1")
    assert messenger.hand_over(old) == "outside-window"

    def broken(member, outcomes):
        list(messaging.recipients([member], outcomes, shop.state, shop.gates))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        replace(messenger, deliver=broken).hand_over(each)
    assert messenger.hand_over(old) == "done-before"

    assert messenger.hand_over(each) == "delivered"
    assert len(_heard(shop)) == 1


def test_what_nobody_can_read_comes_again_and_what_has_nothing_to_do_does_not(shop):
    good = {**win_back("c_1").to_dict(), "event_id": "e", "caused_at": "2026-03-01T06:00:00+00:00"}
    idle = {**Decision(customer_id="c_1", at=good["at"]).to_dict(), "event_id": "e", "caused_at": good["at"]}
    bodies = [json.dumps({"detail": detail}) for detail in (good, idle, {"customer_id": "c"}, {**good, "caused_at": "2026-03-01"})]

    found, unreadable = told([{"messageId": str(n), "body": body} for n, body in enumerate([*bodies, "no"])])

    assert ([each.receipt for each in found], unreadable) == (["0"], ["2", "3", "4"])


def test_a_later_day_is_a_run_of_its_own(shop):
    each = _decided(shop)

    assert each.run == f"live-{DAY}"
    assert replace(each, decision=replace(each.decision, at=f"{later(DAY, 1)}T00:30:00+02:00")).run == f"live-{DAY}"


def test_the_turns_of_customers_are_items_of_theirs(shop):
    """So an erasure, which takes everything under the customer's id, takes them too."""
    Turns(dynamodb=shop.dynamodb, table=SENT).take("c_00001", "e1", shop.at)

    [item] = tables.batch_get(shop.dynamodb, SENT, [{"customer_id": "c_00001", "sink": "#live"}])
    assert item["event"] == "e1"
