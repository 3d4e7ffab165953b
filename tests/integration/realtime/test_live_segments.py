"""From events of the bus to segments, timers and decisions, on tables that refuse what others wrote first."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from omnichannel.aws import dynamodb
from omnichannel.aws.waiting import NotInTime
from omnichannel.contracts.store import IdType, link_key
from omnichannel.realtime.windows import rows as rows_module
from tests.integration.realtime.conftest import CUSTOMERS, NOW, Account, event, login

VIEWED, ADDED, STARTED, BOUGHT = "Product Viewed", "Product Added", "Checkout Started", "Order Completed"
MINUTE = timedelta(minutes=1)
ENTERED, LEFT = "SegmentEntered", "SegmentLeft"


def views(number: int = 3, **said: Any) -> list[Any]:
    return [event(VIEWED, ago=n * MINUTE, **said) for n in range(number)]


def of_rule(found: list[tuple[str, str, str]], rule: str) -> list[str]:
    return [kind for kind, _, each in found if each == rule]


def test_three_pages_in_ten_minutes_are_interest_on_the_item_and_on_the_bus(account: Account):
    account.customer("c1", "ref-1")

    assert account.send(*views()) == []

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]
    spell = account.item("c1")["live_segments"]["Highly interested"]
    assert spell == {"since": NOW.isoformat(), "until": (NOW - 2 * MINUTE + 40 * MINUTE).isoformat()}


@pytest.mark.parametrize("seed", range(5))
def test_duplicates_and_disorder_enter_once(account: Account, seed: int):
    account.customer("c1", "ref-1")
    sent = views() * 3
    random.Random(seed).shuffle(sent)

    for each in sent:
        assert account.send(each) == []

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]
    assert account.item("c1")["live_segments"]["Highly interested"]["since"] == NOW.isoformat()


def test_a_segment_ends_by_itself_when_its_timer_fires(account: Account):
    account.customer("c1", "ref-1")
    account.send(*views())
    account.told()
    [timer] = [each for each in account.timers() if "highly-interested" in each["Target"]["Input"]]

    account.clock.at = NOW + 39 * MINUTE

    assert timer["ActionAfterCompletion"] == "DELETE"
    assert account.fire(timer) == []
    assert account.changes() == [(LEFT, "c1", "highly-interested")]
    assert "Highly interested" not in account.item("c1")["live_segments"]


def test_a_segment_that_goes_on_has_one_timer_and_says_nothing(account: Account):
    account.customer("c1", "ref-1")
    account.send(*views())
    account.told()

    for n in range(1, 9):
        account.clock.at = NOW + n * MINUTE
        account.send(event(VIEWED, ago=-n * MINUTE))

    assert len([each for each in account.timers() if "highly-interested" in each["Target"]["Input"]]) == 1
    assert of_rule(account.changes(), "highly-interested") == []
    assert account.item("c1")["live_segments"]["Highly interested"]["until"] == (NOW + 46 * MINUTE).isoformat()


def test_what_comes_late_and_lets_a_segment_go_on_is_another_entering(account: Account):
    """Left after two hours; then an order of half an hour before that comes: who dedupes by the event's id acts on it."""
    account.customer("c1", "ref-1")
    account.send(event(BOUGHT))
    account.clock.at = NOW + 120 * MINUTE
    account.fire(*[each for each in account.timers() if "just-bought" in each["Target"]["Input"]])
    account.clock.at = NOW + 130 * MINUTE

    account.send(event(BOUGHT, ago=-90 * MINUTE))
    account.clock.at = NOW + 210 * MINUTE
    account.fire(*[each for each in account.timers() if "just-bought" in each["Target"]["Input"]])

    told = sorted(
        (each["detail"] | {"kind": each["detail-type"]} for each in account.told() if each["detail"].get("rule") == "just-bought"),
        key=lambda detail: (detail["at"], detail["kind"] == ENTERED),
    )
    assert [(each["kind"], datetime.fromisoformat(each["at"]) - NOW) for each in told] == [
        (ENTERED, 0 * MINUTE), (LEFT, 120 * MINUTE), (ENTERED, 120 * MINUTE), (LEFT, 210 * MINUTE),
    ]  # fmt: skip
    assert len({each["event_id"] for each in told}) == 4


def cart_timer(account: Account) -> dict[str, Any]:
    [timer] = [each for each in account.timers() if "abandoned-cart" in each["Target"]["Input"]]
    return timer


def test_a_cart_that_is_left_for_half_an_hour_is_abandoned(account: Account):
    account.customer("c1", "ref-1")
    account.send(event(ADDED, products=("P1", "P2")))
    assert of_rule(account.changes(), "abandoned-cart") == []

    account.clock.at = NOW + 30 * MINUTE + timedelta(seconds=1)
    assert account.fire(cart_timer(account)) == []

    told = [each["detail"] for each in account.told() if each["detail"]["rule"] == "abandoned-cart"]
    assert [(each["segment"], each["at"], each["products"]) for each in told] == [
        ("Abandoned cart", (NOW + 30 * MINUTE).isoformat(), ["P2", "P1"])
    ]


@pytest.mark.parametrize("name", [STARTED, BOUGHT])
def test_a_checkout_makes_the_carts_timer_a_word_in_the_wind(account: Account, name: str):
    account.customer("c1", "ref-1")
    account.send(event(ADDED, ago=5 * MINUTE))
    account.send(event(name))

    account.clock.at = NOW + 40 * MINUTE
    account.fire(cart_timer(account))

    assert of_rule(account.changes(), "abandoned-cart") == []


def test_a_newer_cart_makes_the_older_ones_timer_wait_for_it(account: Account):
    account.customer("c1", "ref-1")
    account.send(event(ADDED, ago=5 * MINUTE))
    timer = cart_timer(account)
    account.send(event(ADDED))

    account.clock.at = NOW + 25 * MINUTE + timedelta(seconds=1)
    account.fire(timer)

    assert of_rule(account.changes(), "abandoned-cart") == []
    assert cart_timer(account)["ScheduleExpression"] >= f"at({NOW + 30 * MINUTE:%Y-%m-%dT%H:%M:%S})"


def test_a_timer_that_fires_twice_says_it_once(account: Account):
    account.customer("c1", "ref-1")
    account.send(event(ADDED))
    timer = cart_timer(account)
    account.clock.at = NOW + 31 * MINUTE

    account.fire(timer)
    account.scheduler.create_schedule(
        **{name: timer[name] for name in ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    )
    account.fire(timer)

    assert of_rule(account.changes(), "abandoned-cart") == [ENTERED]


def test_what_comes_an_hour_late_counts_for_nothing(account: Account):
    account.customer("c1", "ref-1")

    account.send(*[event(VIEWED, ago=timedelta(hours=1) + n * MINUTE) for n in range(1, 9)])

    assert (account.changes(), account.windows()) == ([], [])


def test_without_consent_nothing_is_kept(account: Account):
    account.customer("c1", "ref-1", consents={})

    account.send(*views())

    assert (account.changes(), account.windows()) == ([], [])


def test_a_consent_that_was_withdrawn_while_the_timer_ran_is_respected(account: Account):
    account.customer("c1", "ref-1")
    account.send(event(ADDED))
    account.told()
    account.customer("c1", "ref-1", consents={})

    account.clock.at = NOW + 31 * MINUTE
    account.fire(cart_timer(account))

    assert of_rule(account.changes(), "abandoned-cart") == []


@pytest.mark.parametrize("late", [False, True])
def test_what_a_visitor_did_before_the_login_counts(account: Account, late: bool):
    account.customer("c1", "ref-1")
    before = views(2, ref="", browser="b1")

    for each in [login("ref-1", "b1"), *before] if late else [*before, login("ref-1", "b1")]:
        assert account.send(each) == []
    assert of_rule(account.changes(), "highly-interested") == []
    account.send(event(VIEWED, ago=2 * MINUTE))

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]
    assert [row for row in account.windows() if row["who"] == "anonymous#b1" and row["rule"] != "#link"] == []


@pytest.mark.parametrize("known", ["by a rebuild", "by a login"])
def test_what_somebody_unknown_does_on_a_customers_browser_is_never_the_customers(account: Account, known: str):
    """A family's tablet: c1 was the last to sign in on it, then somebody of whom no source has told yet."""
    account.customer("c1", "ref-1")
    if known == "by a rebuild":
        dynamodb.batch_put(account.dynamodb, CUSTOMERS, [{"customer_id": link_key(IdType.ANONYMOUS_ID, "b1"), "customer": "c1"}])
    else:
        account.send(login("ref-1", "b1"))

    account.send(event(VIEWED, ref="", browser="b1", ago=3 * MINUTE), *views(2, ref="ref-new", browser="b1"))
    account.send(login("ref-1", "b1"))
    account.send(event(VIEWED, browser="b1", ago=4 * MINUTE))

    assert account.changes() == []
    assert {row["who"] for row in account.windows() if row["rule"] != "#link"} == {"c1"}


def test_an_event_that_names_neither_a_user_nor_a_browser_is_nobodys(account: Account):
    assert account.send(event(VIEWED, ref="", browser="")) == []
    assert account.windows() == []


def test_a_weekend_of_a_visitor_ends_by_the_customers_clock(account: Account):
    """Saturday noon in Berlin, where visitors are kept; the customer lives in Sydney, where Sunday's midnight is eleven hours earlier."""
    noon = datetime(2026, 11, 28, 11, tzinfo=UTC)
    account.customer("c1", "ref-1", profile={"timezone": "Australia/Sydney"})
    account.clock.at = noon + MINUTE
    account.send(event(VIEWED, ago=NOW - noon, ref="", browser="b1"))

    account.send(event(VIEWED, ago=NOW - noon - MINUTE, browser="b1"))

    spell = account.item("c1")["live_segments"]["Weekend visitor"]
    assert spell == {"since": noon.isoformat(), "until": datetime(2026, 11, 29, 13, tzinfo=UTC).isoformat()}


def test_a_visitor_is_in_no_segment_and_has_no_timer(account: Account):
    account.send(*views(5, ref="", browser="b1"), event(ADDED, ref="", browser="b1"))

    assert (account.changes(), account.timers()) == ([], [])
    assert {row["who"] for row in account.windows()} == {"anonymous#b1"}


def test_who_writes_second_reads_again(account: Account, monkeypatch: pytest.MonkeyPatch):
    account.customer("c1", "ref-1")
    first, second, third = views()
    account.send(first)
    read, meanwhile = rows_module.Rows.read, [second]

    def overtaken(self: Any, keys: Any) -> Any:
        found = read(self, keys)
        if meanwhile:
            account.send(meanwhile.pop())
        return found

    monkeypatch.setattr(rows_module.Rows, "read", overtaken)
    assert account.send(third) == []

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]


def test_a_bus_that_refuses_hears_it_with_the_next_delivery(account: Account, monkeypatch: pytest.MonkeyPatch):
    account.customer("c1", "ref-1")
    from omnichannel.aws import clients

    events = clients.client("events")
    taken = events.put_events

    def refuses(**request: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents")

    monkeypatch.setattr(events, "put_events", refuses)
    assert account.send(*views()) == ["0", "1", "2"]
    monkeypatch.setattr(events, "put_events", taken)
    assert account.send(*views()) == []

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]


def test_one_unreadable_record_comes_again_alone(account: Account):
    account.customer("c1", "ref-1")
    from tests.integration.realtime import conftest

    assert conftest._handled(conftest.segment_windows, ["{}", "no json"]) == ["0", "1"]
    assert conftest._handled(conftest.redecide, ["{}", "no json"]) == ["0", "1"]
    assert conftest._handled(conftest.segment_timer, ["{}", "no json"]) == ["0", "1"]


WHERE_IT_IS_NOON = f"Etc/GMT{NOW.hour - 12:+d}"
"""A time zone in which no channel is quiet, at whatever hour the tests run; its sign is POSIX's, west is positive."""

LIKELY = {
    "segments": {"lifecycle": "active", "frequency": "one-time"}, "recommended": {"items": ["P1", "P2", "P3"]},
    "profile": {"age_band": "35-44", "country": "DE", "timezone": WHERE_IT_IS_NOON},
    "aggregates": {
        "orders": 1, "subscriptions": 1, "renews_at": (NOW + timedelta(days=40)).isoformat(),
        "spend": {"EUR": {"average_order": Decimal(60)}},
    },
}  # fmt: skip
"""Of a customer to whom an action is open, a subscriber whose renewal is near: a quarter of those renew who do not leave."""
BY_LAST_NIGHT, BY_FRESH = pytest.approx(0.175), pytest.approx(0.1)


def entered(customer_id: str, rule: str = "just-bought", at: datetime = NOW) -> dict[str, Any]:
    detail = {"customer_id": customer_id, "segment": "S", "rule": rule, "at": at.isoformat(), "event_id": "e", "products": ["P1"]}
    return {"source": "omnichannel.segments", "detail-type": ENTERED, "detail": detail}


def test_a_change_decides_the_customer_anew(account: Account):
    account.customer("c1", "ref-1")

    assert account.redecide(entered("c1")) == []

    [told] = account.told()
    assert (told["source"], told["detail-type"], told["detail"]["customer_id"]) == ("omnichannel.decisions", "Decided", "c1")
    assert account.item("c1")["next_action"]["action"] == told["detail"]["action"]
    assert "canary" not in str(told)


RUN = {"run": "approved", "as_of": "2026-11-01"}
SCORES = {model: {"score": Decimal("0.3"), "band": "medium", **RUN} for model in ("churn", "repurchase")}


def decided(account: Account, *told: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The decision about one customer with scores of the last run."""
    account.customer("c1", "ref-1", scores=SCORES, **changed)
    assert account.redecide(*told) == []
    [each] = account.told()
    found: dict[str, Any] = each["detail"]
    return found


def test_a_purchase_is_decided_by_the_scores_after_it(account: Account):
    order = replace(event(BOUGHT), value=49.5)

    found = decided(account, {"source": "omnichannel.events", "detail": order.to_detail()}, **LIKELY)

    done = {"name": BOUGHT, "at": NOW.isoformat(), "value": 49.5, "message_id": order.message_id}
    assert {each["model"] for each in account.scorer.asked} == {"churn", "repurchase"}
    assert [(each["customer_id"], each["events"]) for each in account.scorer.asked] == [("c1", [done])] * 2
    assert [{name: each[name] for name in RUN} for each in account.scorer.asked] == [RUN, RUN]
    assert (found["action"], found["p"]) == ("renewal-offer", BY_FRESH)


def test_who_enters_a_segment_is_scored_after_what_its_rule_asks_for(account: Account):
    decided(account, entered("c1", rule="highly-interested"))

    events = account.scorer.asked[0]["events"]
    assert [(each["name"], each["at"]) for each in events] == [(VIEWED, NOW.isoformat())] * 3
    assert len({each["message_id"] for each in events}) == 3


def test_whom_no_approved_run_has_scored_is_not_scored_by_another(account: Account):
    account.customer("c1", "ref-1")

    assert account.redecide(entered("c1")) == []

    assert account.scorer.asked == []


@pytest.mark.parametrize("told", [{"detail-type": LEFT}, {"rule": "frequent-visitor"}])
def test_who_did_nothing_that_can_be_told_is_decided_by_the_last_runs_scores(account: Account, told: dict[str, str]):
    found = entered("c1", rule=told.get("rule", "just-bought"))

    answer = decided(account, {**found, "detail-type": told.get("detail-type", ENTERED)}, **LIKELY)

    assert account.scorer.asked == []
    assert answer["p"] == BY_LAST_NIGHT


@pytest.mark.parametrize("failure", ["Unhandled", ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"), NotInTime()])
def test_without_fresh_scores_the_last_runs_decide_and_the_log_says_why(
    account: Account, failure: Exception | str, caplog: pytest.LogCaptureFixture
):
    account.scorer.fails = failure

    found = decided(account, entered("c1"), **LIKELY)

    assert found["p"] == BY_LAST_NIGHT
    assert "decided by the last run's scores" in caplog.messages


def test_an_older_cause_does_not_overwrite_a_newer_one(account: Account):
    account.customer("c1", "ref-1")
    account.redecide(entered("c1"))
    account.told()

    assert account.redecide(entered("c1", at=NOW - MINUTE)) == []

    assert account.told() == []


def test_a_purchase_decides_and_nobody_we_know_is_no_failure(account: Account):
    account.customer("c1", "ref-1")
    bought = [{"source": "omnichannel.events", "detail": event(BOUGHT, ref=ref).to_detail()} for ref in ("ref-1", "nobody")]

    assert account.redecide(*bought) == []

    assert [each["detail"]["customer_id"] for each in account.told()] == ["c1"]


def test_an_erased_customers_timer_says_nothing(account: Account):
    account.customer("c1", "ref-1")
    account.send(event(ADDED))
    account.told()
    for key in ("c1", link_key(IdType.CUSTOMER_REF, "ref-1")):
        account.dynamodb.delete_item(TableName=CUSTOMERS, Key={"customer_id": {"S": key}})

    account.clock.at = NOW + 31 * MINUTE
    assert account.fire(cart_timer(account)) == []

    assert account.changes() == []
    assert account.item("c1") == {}


def test_a_door_whose_clock_is_ahead_need_not_be_waited_for(account: Account):
    account.customer("c1", "ref-1")
    account.clock.at = NOW - timedelta(milliseconds=50)

    account.send(*views())

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]


def test_what_two_customers_did_who_turn_out_to_be_one_counts_together(account: Account):
    """Two pages under one id and one under the other: the survivor is interested, with a timer of their own."""
    account.customer("c1", "ref-1")
    account.customer("c2", "ref-2")
    account.send(*views(2, ref="ref-2"), event(VIEWED, ago=3 * MINUTE, ref="ref-1"))
    assert of_rule(account.changes(), "highly-interested") == []

    assert account.merged("c2", "c1") == []

    assert of_rule(account.changes(), "highly-interested") == [ENTERED]
    assert "Highly interested" in account.item("c1")["live_segments"]
    assert [row for row in account.windows() if row["who"] == "c2"] == []
    assert account.merged("c2", "c1") == []
    assert of_rule(account.changes(), "highly-interested") == []


def test_a_weekend_of_who_was_merged_ends_by_the_survivors_clock(account: Account):
    noon = datetime(2026, 11, 28, 11, tzinfo=UTC)
    account.customer("c1", "ref-1", profile={"timezone": "Australia/Sydney"})
    account.customer("c2", "ref-2", profile={"timezone": "Europe/Berlin"})
    account.clock.at = noon + MINUTE
    account.send(event(VIEWED, ago=NOW - noon, ref="ref-2"))

    assert account.merged("c2", "c1") == []

    spell = account.item("c1")["live_segments"]["Weekend visitor"]
    assert spell == {"since": noon.isoformat(), "until": datetime(2026, 11, 29, 13, tzinfo=UTC).isoformat()}
