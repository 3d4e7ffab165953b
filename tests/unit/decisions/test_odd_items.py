"""Whatever stands on items: a decision for everybody, and nothing that an unreadable consent would have to allow."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.consent.gate import allows
from omnichannel.contracts.decisions import Rule
from omnichannel.decisions.decide import decide
from omnichannel.decisions.gather import ATTRIBUTES, Known, columns, going_with, seeds, wanted
from omnichannel.decisions.readable import Reader
from omnichannel.playbook.choices import Playbook
from tests.unit.decisions.shoppers import KNOWN, MOMENTS, NOBODY_OUT, NOON, PLAYBOOKS, POPULAR, PRODUCTS, YES, playbook, shopper

some = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
_NUMBERS = st.one_of(st.integers(), st.just(10**400), st.floats(), st.decimals())
_WORDS = st.one_of(st.text(max_size=5), st.sampled_from(["soon", "2026-13-01", "0001-01-01T00:00:00+23:59", "NaN", "1e999", "P0", "../DE"]))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORDS | st.sampled_from(["items", "any"]), inner, max_size=3)),
    max_leaves=6,
)


def _places(found: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = [place for name, each in found.items() if isinstance(each, dict) for place in _places(each, (*path, name))]
    return [(*path, name) for name in found] + below


def _spoilt(item: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    found = deepcopy(dict(item))
    holder = found
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return found


FULL = shopper(
    consents={"marketing/any": YES, "marketing/email": YES}, suppressed={}, live_segments=[], push_token="t",
    customer_segments={"rfm": {"name": "champions"}},
)  # fmt: skip
PATHS = [*((name,) for name in ATTRIBUTES if name != "customer_id"), *_places({k: v for k, v in FULL.items() if k != "customer_id"})]


def _read_and_decide(
    customers: list[Known], rules: Playbook, products: Mapping[str, Any], at: datetime = NOON, reader: Reader | None = None
):
    for known in customers:
        assert all(isinstance(each, str) and each for each in wanted(known, POPULAR))
        going_with(seeds(known), products)
    return decide(columns(customers, rules, products, POPULAR, reader), rules, at)


@some
@given(st.sampled_from(PATHS), JSON, st.sampled_from(PATHS), JSON, KNOWN, PLAYBOOKS, MOMENTS)
def test_anything_anywhere_on_an_item_is_decided_and_changes_nobody_elses_decision(
    one: tuple[str, ...], value: Any, other: tuple[str, ...], more: Any, sound: Known, rules: Playbook, at: datetime
):
    item = _spoilt(FULL, one, value)
    if len(other) == 1:
        item = _spoilt(item, other, more)
    odd = Known(item={**item, "customer_id": "odd"})

    found = _read_and_decide([odd, sound], rules, PRODUCTS, at)

    decision = found.decision(0).to_dict()
    assert found.decision(1) == _read_and_decide([sound], rules, PRODUCTS, at).decision(0)
    if decision["action"]:
        channel = rules.channels[decision["channel"]]
        assert allows(item["consents"], channel.purpose, channel.name)
        assert isinstance(item[{"email": "email", "sms": "phone"}[channel.name]], str)
        assert 0 < decision["score"] < float("inf")


@some
@given(JSON, st.sampled_from(["marketing/email", "marketing/any"]), st.booleans())
def test_a_consent_allows_only_when_it_can_be_read(value: Any, key: str, beside: bool):
    other = {"marketing/email": "marketing/any", "marketing/any": "marketing/email"}[key]
    item = shopper(consents={key: value, **({other: YES} if beside else {})})
    readable = isinstance(value, dict) and value.get("granted") is True

    decision = _read_and_decide([Known(item=item)], playbook({"mail": {}}, tried=NOBODY_OUT), PRODUCTS).decision(0)

    assert readable or decision.refused == {"mail": (Rule.NO_CONSENT,)}


@some
@given(st.sampled_from([*PRODUCTS["P3"], "complement"]), JSON, PLAYBOOKS)
def test_anything_on_a_product_is_decided(name: str, value: Any, rules: Playbook):
    products = {**PRODUCTS, "P3": {**PRODUCTS["P3"], name: "P3" if name == "product_id" else value}}

    _read_and_decide([Known(item=shopper(), products=["P3"])], rules, products)


@pytest.mark.parametrize(
    ("changed", "fact"),
    [
        ({"consents": {"marketing/email": {"granted": True}}}, "consents"),
        ({"aggregates": {"renews_at": "soon"}}, "renews_within_days"),
        ({"aggregates": {"orders": "many"}}, "orders"),
        ({"aggregates": "gone"}, "orders"),
        ({"recommended": ["P1"]}, "recommended"),
        ({"recommended": {"items": "P1"}}, "recommended.items"),
        ({"profile": {"country": {"code": "DE"}}}, "country"),
        ({"email": 7}, "email"),
        ({"scores": {"churn": 1}}, "churn_propensity"),
    ],
)
def test_what_cannot_be_read_is_counted_by_its_name(changed: dict[str, Any], fact: str):
    rules = playbook({"mail": {"eligible": {
        "orders": {"at_least": 1}, "renews_within_days": {"at_most": 90}, "country": {"not_in": ["FR"]}
    }}})  # fmt: skip
    reader = Reader()

    _read_and_decide([Known(item=shopper(**changed)), Known(item=shopper("c2"))], rules, PRODUCTS, reader=reader)

    assert reader.unreadable[fact] == 1


def test_an_unreadable_fact_is_in_no_list_and_outside_of_none():
    rules = playbook({"mail": {"eligible": {"country": {"not_in": ["FR"]}}}})

    decision = _read_and_decide([Known(item=shopper(profile={"country": ["DE"]}))], rules, PRODUCTS).decision(0)

    assert decision.refused["mail"] == (Rule.NOT_ELIGIBLE,)


def test_a_list_of_what_is_closed_that_nobody_can_read_closes_everything():
    decision = _read_and_decide([Known(item=shopper(suppressed="email"))], playbook({"text": {"channel": "sms"}}), PRODUCTS).decision(0)

    assert decision.refused["text"] == (Rule.SUPPRESSED,)
