"""`playbook/promotions.yaml`: what cannot be meant is refused by its place."""

from datetime import date

import pytest

from omnichannel.contracts.recommendations import Placement
from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.promotions import load, running

GOOD = {
    "placements": "[home]", "from": "2026-12-01", "until": "2026-12-24", "share": "0.2", "items": "{brand: [Corvo], price: {at_most: 50}}",
}  # fmt: skip


def _load(tmp_path, **changes):
    says = ", ".join(f"{name}: {value}" for name, value in {**GOOD, **changes}.items() if value)
    (tmp_path / "promotions.yaml").write_text(f"promotions: {{advent: {{{says}}}}}")
    return load(tmp_path)


def test_our_own_file_can_be_meant():
    assert [each.name for each in load()] == ["plenty-for-the-holidays"]


def test_a_promotion_runs_in_its_placements_from_its_first_to_its_last_day(tmp_path):
    rules = _load(tmp_path)

    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 24), date(2026, 12, 25)]

    assert [bool(running(Placement.HOME, day, rules)) for day in days] == [False, True, True, False]
    assert not running(Placement.CART, days[1], rules)


@pytest.mark.parametrize(
    ("product", "fits"),
    [
        ({"brand": "Corvo", "price": "50.00"}, True),
        ({"brand": "Corvo", "price": "50.01"}, False),
        ({"brand": "Other", "price": "5"}, False),
        ({"brand": "Corvo"}, False),
        ({"price": "5"}, False),
    ],
)
def test_a_product_fits_when_every_rule_about_it_holds(tmp_path, product, fits):
    assert _load(tmp_path)[0].fits(product) is fits


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"placements": "[basket]"}, "advent.placements has basket; expected some of home"),
        ({"placements": ""}, "advent lacks placements"),
        ({"until": "2026-11-01"}, "advent.until is 2026-11-01, before 2026-12-01"),
        ({"from": "soon"}, "expected a day such as 2026-12-01"),
        ({"from": "2026-12-01T10:00:00Z"}, "expected a day such as 2026-12-01"),
        ({"share": "0.9"}, "advent.share is 0.9; expected 0.01 to 0.5"),
        ({"share": "half"}, "advent.share is 'half'; expected a number"),
        ({"items": "{}"}, "advent.items is empty; expected some of products"),
        ({"items": "{colour: [red]}"}, "advent.items has colour"),
        ({"items": "{price: {at_least: 9, at_most: 3}}"}, "the first not above the second"),
        ({"items": "{price: {}}"}, "expected at_least, at_most or both"),
        ({"items": "{brand: Corvo}"}, "expected a list of names"),
        ({"audience": "all"}, "advent has audience"),
    ],
)
def test_what_nobody_can_follow_is_refused_by_its_place(tmp_path, changes, said):
    with pytest.raises(UnusablePlaybook) as refused:
        _load(tmp_path, **changes)

    assert said in str(refused.value)
