"""Rules one by one, where the exact edge matters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.decisions.chance import keys_of, positions
from omnichannel.decisions.gather import Known
from omnichannel.experiments.assignment import key_of, position
from omnichannel.playbook.choices import Playbook
from tests.unit.decisions.shoppers import NOON, contact, decided, playbook, shopper


def one(rules: Playbook, at: datetime = NOON, *, live: bool = False, **changed: Any) -> Decision:
    known = {name: changed.pop(name) for name in ("contacts", "event", "products", "live_segments") if name in changed}
    return decided([Known(item=shopper(**changed), **known)], rules, at, live=live).decision(0)


def test_positions_of_many_are_those_of_each():
    ids = [f"c{n}" for n in range(1_000)]

    assert positions(keys_of(ids), key_of("salt")).tolist() == [position("salt", each) for each in ids]


@pytest.mark.parametrize(("band", "allowed"), [("under-18", False), ("18-24", True), ("65-plus", True), (None, False), ("new", False)])
def test_an_age_that_is_asked_for_must_be_known(band: str | None, allowed: bool):
    decision = one(playbook({"wine": {"minimum_age": 18}}), profile={"age_band": band})

    assert (decision.action == "wine") == allowed
    assert decision.refused == ({} if allowed else {"wine": (Rule.UNDER_AGE,)})


def test_low_stock_gives_way_to_the_next_item_and_none_refuses():
    rules = playbook({"a": {"items": "recommended"}})

    # P1 has 3 pieces, P2 none, P3 7 but from 18 years on, P0 50.
    assert one(rules, recommended={"items": ["P1", "P2", "P3", "P0"]}).items == ("P3", "P0")
    assert one(rules, recommended={"items": ["P1", "P3", "P0"]}, profile={"age_band": "under-18"}).items == ("P0",)
    assert one(rules, recommended={"items": ["P1", "P2", "gone"]}).refused == {"a": (Rule.LOW_STOCK,)}


@pytest.mark.parametrize(("hour", "live", "action", "not_before"), [
    (22, False, "a", "2026-11-19T07:00:00+00:00"), (22, True, "", ""), (12, False, "a", ""), (12, True, "a", ""),
    (6, False, "a", "2026-11-18T07:00:00+00:00"), (7, True, "a", ""), (20, True, "", ""),
])  # fmt: skip
def test_quiet_hours_are_those_where_the_customer_lives(hour: int, live: bool, action: str, not_before: str):
    rules = playbook({"a": {}}, channels={"email": {"quiet_hours": {"from": "21:00", "until": "08:00"}}})

    decision = one(rules, datetime(2026, 11, 18, hour, tzinfo=UTC), live=live)  # Berlin is an hour ahead

    assert (decision.action, decision.not_before) == (action, not_before)


@pytest.mark.parametrize(("zone", "action"), [("Europe/Berlin", "a"), ("Asia/Tokyo", ""), ("Mars/Olympus", "a"), (None, "a")])
def test_an_unknown_time_zone_is_the_playbooks(zone: str | None, action: str):
    rules = playbook({"a": {}}, channels={"email": {"quiet_hours": {"from": "20:00", "until": "08:00"}}})

    assert one(rules, live=True, profile={"timezone": zone}).action == action


def test_quiet_hours_end_by_the_clock_when_it_is_put_forward():
    rules = playbook({"a": {}}, channels={"email": {"quiet_hours": {"from": "21:00", "until": "08:00"}}})

    decision = one(rules, datetime(2026, 3, 28, 22, tzinfo=UTC))

    assert decision.not_before == "2026-03-29T06:00:00+00:00"  # summer time: 08:00 is two hours ahead of UTC


def test_a_window_of_the_day_after_tomorrow_is_within_a_day_when_tomorrow_lacks_an_hour():
    rules = playbook({"a": {"window": {"days": ["mon"]}}})

    decision = one(rules, datetime(2026, 3, 28, 22, 30, tzinfo=UTC))  # Saturday, 23:30

    assert decision.not_before == "2026-03-29T22:00:00+00:00"


def test_a_window_that_opens_within_a_day_is_waited_for_and_a_later_one_is_not():
    at = datetime(2026, 11, 19, 17, tzinfo=UTC)  # a Thursday evening
    soon = one(playbook({"a": {"window": {"days": ["fri"], "from": "10:00", "until": "12:00"}}}), at)
    later = one(playbook({"a": {"window": {"days": ["sat"]}}}), at)

    assert (soon.action, soon.not_before) == ("a", "2026-11-20T09:00:00+00:00")
    assert later.refused == {"a": (Rule.OUTSIDE_WINDOW,)}


def test_caps_count_every_campaign_on_a_channel_and_those_over_all_channels_too():
    channels = {"email": {"caps": [{"days": 7, "most": 2}]}, "sms": {}}
    rules = playbook({"mail": {}, "text": {"channel": "sms", "value": 1}}, channels=channels, caps=[{"days": 30, "most": 3}])
    two = [contact(1, action="elsewhere"), contact(6.9)]

    assert one(rules, contacts=two[:1]).action == "mail"
    assert one(rules, contacts=two).action == "text"
    assert one(rules, contacts=[contact(1), contact(7)]).action == "mail"
    assert one(rules, contacts=[*two, contact(20, channel="sms")]).refused == dict.fromkeys(("mail", "text"), (Rule.FREQUENCY_CAP,))


def test_an_equal_score_goes_to_the_action_that_stands_first():
    assert one(playbook({"first": {}, "second": {}})).action == "first"


def test_an_action_belongs_to_its_arm():
    tried = {"salt": "s", "holdout": {"share": 0}, "control": 0, "experiments": {"trial": {
        "campaign": "tried", "arms": {"control": 0.2, "x": 0.4, "y": 0.4}, "metric": "conversion", "window_days": 7,
        "minimum_effect": 0.1, "alpha": 0.05, "power": 0.8,
    }}}  # fmt: skip
    rules = playbook({name: {"campaign": "tried", "arm": name} for name in ("x", "y")}, tried=tried)
    found = decided([Known(item=shopper(f"c{n}")) for n in range(300)], rules)

    pairs = {((decision := found.decision(row)).arms["trial"], decision.action) for row in range(300)}

    assert pairs == {("control", ""), ("x", "x"), ("y", "y")}


def test_chance_chooses_its_share_evenly_and_says_so():
    rules = playbook({"a": {}, "b": {"value": 5}, "c": {"value": 1}}, exploration=0.3)
    found = decided([Known(item=shopper(f"c{n}")) for n in range(6_000)], rules)

    explored = np.flatnonzero(found.explored)
    share, counts = len(explored) / 6_000, np.bincount(found.chosen[explored], minlength=3)

    assert abs(share - 0.3) < 4 * (0.21 / 6_000) ** 0.5
    assert abs(counts - len(explored) / 3).max() < 4 * (len(explored) * 2 / 9) ** 0.5
    assert set(found.chosen[~found.explored].tolist()) == {0}


def test_chance_chooses_anew_the_next_day_and_not_before():
    rules = playbook({"a": {}, "b": {"value": 5}}, exploration=0.5)
    known = [Known(item=shopper(f"c{n}")) for n in range(200)]

    now, later, tomorrow = (decided(known, rules, NOON + timedelta(hours=hours)).chosen.tolist() for hours in (0, 5, 24))

    assert now == later != tomorrow


def test_what_is_worth_nothing_is_not_done_though_nothing_forbids_it():
    decision = one(playbook({"a": {"cost": 10, "value": 10}}))

    assert (decision.action, decision.refused) == ("", {})


def test_a_decision_survives_json():
    decision = one(playbook({"a": {"items": "recommended"}, "b": {"minimum_age": 60}}))

    assert Decision.of(decision.to_dict()) == decision


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone; expected an aware time"):
        one(playbook({"a": {}}), datetime(2026, 11, 18, 12))  # noqa: DTZ001 - what is tested
