"""What Personalize makes, as the playbook says it: nothing more bills while idle than what is asked for."""

import copy

import pytest

from omnichannel.contracts.recommendations import Custom, Recommender
from omnichannel.playbook.document import UnusablePlaybook, read
from omnichannel.playbook.personalize import load, parsed
from omnichannel.recommendations.filter_expressions import UnreadableFilter, parse

OWN = read("personalize")


def _with(path, value):
    content = copy.deepcopy(OWN)
    *way, last = path.split(".")
    part = content
    for each in way:
        part = part[each]
    part[last] = value
    return content


def test_the_apps_own_file_makes_three_recommenders_and_nothing_else_that_costs():
    own = load()

    assert own.recommenders == (Recommender.FOR_YOU, Recommender.BOUGHT_TOGETHER, Recommender.ALSO_VIEWED)
    assert set(own.solutions) == set(Custom)
    assert (own.trains(), [name for name in Custom if own.serves(name)], own.email.made) == ((), [], False)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("recommenders", ["for-me"], "has for-me; expected some of for-you"),
        ("solutions.similar-items.metric", "accuracy", "'accuracy'; expected one of coverage"),
        ("solutions.similar-items.least_tps", 0, "least_tps is 0; expected 1 to 500"),
        ("solutions.similar-items.tolerance", 2.0, "tolerance is 2; expected 0 to 1"),
        ("solutions.similar-items.campaign", True, "expected made: true, since a campaign serves a solution"),
        ("solutions.similar-items.made", "on", "made is 'on'; expected true or false"),
        ("solutions.sims", {}, "has sims; expected some of similar-items"),
        ("filters.in-stock", "INCLUDE ItemID WHERE Items.STOCK > 0", "is no condition that is known here"),
        ("filters.in-stock", 'INCLUDE ItemID WHERE Items.STOCK IN ("1")', "has Items.STOCK; expected fields of the schemas"),
        ("filters.In Stock", 'INCLUDE ItemID WHERE Items.BRAND IN ("x")', "expected a name of small letters"),
        ("email.filter", "mine", "'mine'; expected one of in-stock"),
        ("placements.home", "mine", "placements.home is 'mine'; expected one of in-stock"),
        ("placements.home", "in-category", "which asks for a value"),
        ("placements.cart", "not-bought", "reads what somebody did; expected one of Items alone"),
        ("placements.checkout", "in-stock", "has checkout; expected some of home"),
        ("email.filter", "in-category", "which asks for a value"),
        ("email.items", 21, "items is 21; expected 1 to 20"),
        ("email.made", True, "expected personalize.solutions.for-users.made: true"),
        ("retrain", "", "retrain is ''; expected a text"),
        ("often", 1, "has often; expected some of recommenders"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(path, value, words):
    with pytest.raises(UnusablePlaybook) as refused:
        parsed(_with(path, value))

    assert words in str(refused.value)


def test_no_recommenders_at_all_is_a_choice():
    assert parsed(_with("recommenders", [])).recommenders == ()


def test_a_filter_may_hold_quoted_bars_and_commas():
    clauses = parse(
        'EXCLUDE ItemID WHERE Items.BRAND IN ("a|b", "c, d") AND Items.CATEGORY_L1 NOT IN ($ONE) | INCLUDE ItemID WHERE Items.X IN ("AND")'
    )

    assert [(clause.include, [(c.field, c.negated, c.values, c.parameters) for c in clause.conditions]) for clause in clauses] == [
        (False, [("BRAND", False, ("a|b", "c, d"), ()), ("CATEGORY_L1", True, (), ("ONE",))]),
        (True, [("X", False, ("AND",), ())]),
    ]


@pytest.mark.parametrize("expression", ["", "x" * 2501, "INCLUDE ItemID", 'INCLUDE UserID WHERE Items.A IN ("x")'])
def test_what_is_no_filter_is_refused(expression):
    with pytest.raises(UnreadableFilter):
        parse(expression)


def test_a_filter_reads_ten_fields_at_most():
    many = " AND ".join(f'Items.F{n} IN ("x")' for n in range(11))

    with pytest.raises(UnreadableFilter, match="11 fields"):
        parse(f"INCLUDE ItemID WHERE {many}")
