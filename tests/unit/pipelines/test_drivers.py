"""The drivers that business and data science agreed on, and the page about features."""

from typing import Any

import pytest

from omnichannel.contracts.scores import Model
from omnichannel.playbook import drivers
from omnichannel.playbook.document import UnusablePlaybook
from pipelines.features import document, registered

NAMES = [f.name for f in registered()]


def given(**values: Any) -> dict[str, Any]:
    driver = {"feature": "recency_days", "expected": "+", "owner": "crm", "reason": "silence lasts", **values}
    return {"churn": [driver], "repurchase": [{**driver, "feature": "orders_90d"}]}


def test_every_model_has_agreed_drivers_among_the_features() -> None:
    found = drivers.load(NAMES)

    assert set(found) == set(Model)
    assert all(len(agreed) >= 10 for agreed in found.values())


def test_a_driver_s_sign_is_the_one_that_the_feature_expects() -> None:
    expected = {f.name: (f.drives, f.expected) for f in registered()}

    differ = [
        (model, driver.feature)
        for model, agreed in drivers.load(NAMES).items()
        for driver in agreed
        if expected[driver.feature][0] == model and expected[driver.feature][1] != driver.expected
    ]

    assert differ == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (given(feature="recency_dys"), r"churn\[0\].feature is 'recency_dys', which is no feature; expected one such as recency_days"),
        (given(expected="up"), r"churn\[0\].expected is 'up'; expected one of \+, -"),
        (given(owner=" "), r"churn\[0\].owner is empty"),
        (given(weight=3), r"churn\[0\] has weight; expected some of feature, expected, owner, reason"),
        ({**given(), "chrun": []}, "drivers.yaml has chrun; expected some of churn, repurchase"),
        ({"churn": given()["churn"] * 2, "repurchase": []}, r"churn\[1\].feature is 'recency_days' again"),
        ({"churn": []}, "churn has no list of drivers"),
    ],
)
def test_a_mistake_is_refused_by_its_place(content: dict[str, Any], message: str) -> None:
    with pytest.raises(UnusablePlaybook, match=message):
        drivers.parsed(content, NAMES)


def test_the_page_about_features_is_made_from_them() -> None:
    assert document.PAGE.read_text(encoding="utf-8") == document.page()
