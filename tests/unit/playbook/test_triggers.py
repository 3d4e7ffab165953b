from typing import Any

import pytest

from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.triggers import SECOND, Kind, load, parsed

VIEWS = {"kind": "count_within", "segment": "S", "event": "Product Viewed", "at_least": 3, "within": "10m"}
CART = {"kind": "abandoned_cart", "segment": "S", "within": "30m", "stays": "1d"}


def content(rule: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"late": "1h", "timezone": "Europe/Berlin", "rules": {"r": rule}, **changed}


def test_this_apps_own_rules_are_of_every_kind():
    assert {rule.kind for rule in load().rules.values()} == set(Kind)


def test_a_sandbox_is_faster_but_its_calendar_is_not():
    fast = load().scaled(60)

    assert (fast.rules["abandoned-cart"].within, fast.rules["highly-interested"].within) == (30 * SECOND, 10 * SECOND)
    assert fast.rules["weekend"] == load().rules["weekend"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (content({**VIEWS, "kind": "counts"}), "rules.r.kind is 'counts'; expected one of count_within"),
        (content({**VIEWS, "at_least": 0}), "rules.r.at_least is 0; expected 1 to 50"),
        (content({**VIEWS, "at_least": True}), "rules.r.at_least is True; expected a whole number"),
        (content({**VIEWS, "within": "10 minutes"}), "rules.r.within is '10 minutes'; expected a duration such as 30s"),
        (content({**VIEWS, "within": "61d"}), "60d at most"),
        (content({**VIEWS, "event": "Page Turned"}), "rules.r.event has Page Turned; expected some of Product Viewed"),
        (content({**VIEWS, "days": ["sat"]}), "rules.r has days; expected some of kind, segment, then, event"),
        (content({**VIEWS, "segment": ""}), "rules.r.segment is ''; expected the segment's name"),
        (content({**VIEWS, "then": "shout"}), "rules.r.then is 'shout'; expected one of decide, nothing"),
        (content({key: value for key, value in CART.items() if key != "stays"}), "rules.r.stays is None; expected a duration"),
        (content({**CART, "without": "Product Added"}), "rules.r.without has Product Added, which is its event too"),
        (content({"kind": "calendar", "segment": "S"}), "rules.r is open at every moment; expected days, or from and until"),
        (content({"kind": "calendar", "segment": "S", "days": ["someday"]}), "rules.r.days has someday"),
        (content({"kind": "co_view", "segment": "S", "at_least": 1, "within": "1h"}), "rules.r.at_least is 1; expected 2 to 50"),
        (content(VIEWS, timezone="Mars/Base"), "timezone is 'Mars/Base', which is no time zone"),
        (content(VIEWS, late=60), "late is 60; expected a duration"),
        (content(VIEWS, rules={}), "rules are 0; expected 1 to 50"),
        (content(VIEWS, rules={"a": VIEWS, "b": CART}), "rules.b.segment is 'S', as rules.a.segment; expected another name"),
        (content(VIEWS, rules={"A rule": VIEWS}), "rules.A rule is no name"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_place_and_what_would_work(given: dict[str, Any], says: str):
    with pytest.raises(UnusablePlaybook) as refused:
        parsed(given)

    assert says in str(refused.value)
