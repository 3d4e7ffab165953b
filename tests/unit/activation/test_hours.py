"""When a message that was decided a while ago may go out: never in quiet hours, never outside its window, by the customer's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from omnichannel.activation.hours import on_time
from omnichannel.contracts.decisions import Decision
from tests.unit.decisions.reference import opens
from tests.unit.decisions.shoppers import NOON, playbook, shopper

QUIET = {"email": {"quiet_hours": {"from": "21:00", "until": "08:00"}}}
RULES = playbook({"mail": {}, "weekend": {"window": {"days": ["sat"]}}}, channels=QUIET)


def decision(action: str = "mail", not_before: str = "") -> Decision:
    return Decision(customer_id="c1", at=NOON.isoformat(), action=action, campaign="plain", channel="email", not_before=not_before)


def later(found: Decision | None) -> str:
    assert found is not None
    return found.not_before


def test_decided_by_day_and_sent_by_night_it_waits_for_the_morning_where_the_customer_lives() -> None:
    night = datetime(2026, 11, 18, 22, 0, tzinfo=UTC)

    assert later(on_time(decision(), shopper(), RULES, night)) == "2026-11-19T07:00:00+00:00"
    assert later(on_time(decision(), shopper(profile={"timezone": "America/New_York"}), RULES, night)) == ""


def test_a_moment_that_has_passed_is_replaced_and_one_to_come_is_kept() -> None:
    told = "2026-11-18T07:00:00+00:00"

    assert later(on_time(decision(not_before=told), shopper(), RULES, NOON)) == ""
    assert later(on_time(decision(not_before=told), shopper(), RULES, NOON - timedelta(hours=9))) == told


def test_what_may_not_go_out_within_a_day_does_not() -> None:
    assert on_time(decision("weekend"), shopper(), RULES, NOON) is None


@given(
    st.integers(0, 14 * 24 * 60), st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "nowhere", ""]), st.sampled_from(["mail", "weekend"]),
    st.integers(-3, 3).map(lambda days: (NOON + timedelta(days=days)).isoformat()) | st.just(""),
)  # fmt: skip
def test_it_goes_out_when_the_plain_words_say(minutes: int, name: str, action: str, not_before: str) -> None:
    at, rules = NOON + timedelta(minutes=minutes), RULES
    zone = ZoneInfo(name if "/" in name else "Europe/Berlin")
    chosen = next(each for each in rules.actions if each.name == action)

    found = on_time(decision(action, not_before), shopper(profile={"timezone": name}), rules, at)

    if not_before and datetime.fromisoformat(not_before) > at:
        assert later(found) == not_before
    elif (moment := opens(chosen, rules, at, zone)) is None:
        assert found is None
    else:
        assert later(found) == ("" if moment == at else moment.isoformat())
