"""Live changes to Segment beside activation runs: the later decision counts, whoever brings it, and nothing is sent for nothing."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas import segment_bridge
from omnichannel.activation import audience
from omnichannel.aws import clients, dynamodb
from tests.faults.relay_world import RelayWorld, relay_world
from tests.faults.segment_world import CUSTOMERS, LAKE

WHO = "c-1"


@pytest.fixture(scope="module")
def deployed() -> Iterator[RelayWorld]:
    with relay_world() as made:
        yield made


@pytest.fixture
def world(deployed: RelayWorld, monkeypatch: pytest.MonkeyPatch) -> RelayWorld:
    monkeypatch.setenv("LIVE", "on")
    monkeypatch.setattr(segment_bridge, "datetime", SimpleNamespace(now=lambda _: deployed.now()))
    deployed.clean()
    deployed.heal()
    deployed.segment.seconds += 3 * 86_400
    return deployed


@pytest.fixture
def events(world: RelayWorld) -> Any:
    before = len(world.segment.taken())
    return lambda: [event["traits"] for event in world.segment.taken()[before:]]


def run(world: RelayWorld, name: str, action: str, *, decided: str = "", band: str = "low", items: tuple[str, ...] = ("p-1",)) -> None:
    """An activation run over the one customer, decided now or at another time."""
    at = decided or world.now().isoformat()
    traits = {"churn_band": band, "next_best_action": action, "recommended_items": list(items), "propensity_as_of": at[:10]}
    record = {"customer_id": WHO, "customer_ref": f"u-{WHO}", "traits": traits, "scores": {}, "decision": {"at": at}}
    index = audience.write(clients.client("s3"), LAKE, run=name, as_of=at[:10], records=[record], part_size=10)
    world.segment.activate({"run": name, "as_of": at[:10], "part": key, "offset": 0} for key in index["parts"])


def reasons(world: RelayWorld, name: str) -> list[tuple[str, str]]:
    return [(row["status"], row["reason"]) for row in world.segment.rows(name)]


def live(world: RelayWorld, action: str = "", *, segments: tuple[str, ...] = (), items: tuple[str, ...] = ("p-1",)) -> None:
    world.change(WHO, action=action, items=items, segments=segments)
    world.work()


def test_a_run_that_decided_earlier_brings_its_scores_and_the_live_decision(world: RelayWorld, events: Any):
    early = world.now().isoformat()
    world.sleep(60)
    live(world, "cart-reminder", segments=("Cart left behind",), items=("p-7",))

    run(world, "late", "voucher", decided=early)

    assert events() == [
        {"live_segments": ["Cart left behind"], "next_best_action": "cart-reminder", "recommended_items": ["p-7"]},
        {"churn_band": "low", "next_best_action": "cart-reminder", "recommended_items": ["p-7"], "propensity_as_of": early[:10]},
    ]


def test_a_run_that_decided_later_has_the_last_word_and_live_segments_go_on_without_the_old_action(world: RelayWorld, events: Any):
    live(world, "cart-reminder", segments=("Cart left behind",))
    world.sleep(3600)
    run(world, "later", "voucher")
    world.sleep(3600)

    live(world, segments=("Just bought",))

    assert [each.get("next_best_action") for each in events()] == ["cart-reminder", "voucher", None]
    assert events()[-1] == {"live_segments": ["Just bought"]}


def test_a_run_says_again_what_it_said_before_when_something_else_was_told_live_since(world: RelayWorld, events: Any):
    world.change(WHO)
    run(world, "first", "voucher")
    world.sleep(3600)
    live(world, "cart-reminder")
    world.sleep(86_400)

    run(world, "second", "voucher")

    assert [each.get("next_best_action") for each in events()[-2:]] == ["cart-reminder", "voucher"]
    assert reasons(world, "second") == [("delivered", None)]


def test_a_run_that_finds_its_decision_told_live_sends_nothing(world: RelayWorld, events: Any):
    world.change(WHO)
    run(world, "first", "voucher")
    world.sleep(3600)
    live(world, "cart-reminder", items=("p-3",))
    told = len(events())
    world.sleep(86_400)

    run(world, "second", "cart-reminder", items=("p-3",))

    assert reasons(world, "second") == [("withheld", "unchanged")]
    assert len(events()) == told


def test_a_run_that_finds_its_decision_told_live_still_brings_new_scores(world: RelayWorld, events: Any):
    world.change(WHO)
    run(world, "first", "voucher")
    world.sleep(3600)
    live(world, "cart-reminder", items=("p-3",))
    world.sleep(86_400)

    run(world, "second", "cart-reminder", items=("p-3",), band="high")

    assert events()[-1]["churn_band"] == "high"


def test_a_live_decision_that_waits_to_be_told_is_not_overwritten_by_an_earlier_run(world: RelayWorld, events: Any):
    early = world.now().isoformat()
    world.sleep(60)
    world.change(WHO, action="cart-reminder")

    run(world, "late", "voucher", decided=early)
    world.work()

    assert reasons(world, "late") == [("withheld", "superseded")]
    assert [each.get("next_best_action") for each in events()] == ["cart-reminder"]


def test_several_changes_within_the_debounce_are_one_identify_with_what_holds_then(world: RelayWorld, events: Any):
    for segments in (("Highly interested",), ("Comparing products", "Highly interested"), ("Comparing products",)):
        world.change(WHO, segments=segments)
        world.sleep(5)
    world.work()

    assert events() == [{"live_segments": ["Comparing products"]}]


def test_a_segment_that_has_run_out_is_not_told_though_nobody_has_said_so_yet(world: RelayWorld, events: Any):
    ended = {"since": world.now().isoformat(), "until": (world.now() + timedelta(seconds=1)).isoformat()}
    world.change(WHO, live_segments={"Highly interested": ended})
    world.work()

    assert events() == [{"live_segments": []}]


def test_a_customer_who_was_merged_is_told_of_where_they_are_now(world: RelayWorld, events: Any):
    world.change(WHO, segments=("Just bought",))
    dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": "c-old", "customer": WHO}])
    world.tell("c-old")
    world.work()

    assert events() == [{"live_segments": ["Just bought"]}]


def test_what_was_told_under_an_old_id_does_not_stand_for_what_is_new(world: RelayWorld, events: Any):
    """An old id's change that is told already, and the survivor's new one, in one batch while Segment is away."""
    dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": "c-old", "customer": WHO}])
    world.tell("c-old")
    told_before = world.queue.pop()
    world.sleep(60)
    live(world, "cart-reminder")
    world.sleep(3600)
    world.change(WHO, action="voucher")
    world.queue.append({**told_before, "visible": world.queue[0]["visible"]})
    world.segment.answers(*({"status": 503},) * 5000)
    world.work_once()
    world.heal()
    world.work()

    assert [each["next_best_action"] for each in events()] == ["cart-reminder", "voucher"]


def test_the_ledger_has_one_outcome_of_whom_a_batch_tells_under_two_ids(world: RelayWorld, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOLDOUT", '{"salt": "s", "share": 1}')
    dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": "c-old", "customer": WHO}])
    world.tell("c-old")
    live(world, "voucher")

    assert [(row["customer_id"], row["reason"]) for row in world.ledger()] == [(WHO, "holdout")]


def test_who_is_held_out_is_not_told_of(world: RelayWorld, events: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOLDOUT", '{"salt": "s", "share": 1}')
    live(world, "voucher")

    assert events() == []
    assert [row["reason"] for row in world.ledger()] == ["holdout"]


def test_what_a_run_that_broke_off_told_beside_a_live_decision_is_sent_over_by_the_next(world: RelayWorld, events: Any, monkeypatch: Any):
    """Of the second run nothing is noted, Segment has its band all the same; the third has the first one's and the live action."""
    live(world, "voucher")
    world.sleep(3600)
    run(world, "one", "voucher")
    world.sleep(3600)
    live(world, "cart-reminder")
    world.sleep(86_400)
    with monkeypatch.context() as broken:
        broken.setattr("omnichannel.activation.sent.write", _die)
        with pytest.raises(SystemExit):
            run(world, "two", "cart-reminder", band="high")
    world.sleep(86_400)

    run(world, "three", "cart-reminder")

    assert [each["churn_band"] for each in events() if "churn_band" in each] == ["low", "high", "low"]


def _die(*_: Any, **__: Any) -> None:
    raise SystemExit
