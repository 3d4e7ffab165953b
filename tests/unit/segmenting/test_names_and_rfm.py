"""Names say what sets customers apart, and nobody else has them; RFM is a word for fifths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from omnichannel.contracts.segments import Rfm
from omnichannel.playbook.document import UnusablePlaybook, filled, read
from omnichannel.playbook.segments import LookalikeRules, Words, parsed, segments_playbook
from pipelines.features import registered
from pipelines.segmenting import rfm
from pipelines.segmenting.naming import PLAIN, Difference, Vocabulary, differences, name
from pipelines.segmenting.space import space_of

WORDS = Vocabulary(features=segments_playbook().features, families=segments_playbook().families)


def _difference(feature: str, family: str, by: float) -> Difference:
    return Difference(feature=feature, family=family, difference=by, value=0, everybody=0)


def test_the_two_largest_differences_of_different_families_are_the_name():
    found = [
        _difference("spend_365d", "monetary", 2.0),
        _difference("average_order_365d", "monetary", 1.9),
        _difference("x", "visits", -1.0),
    ]

    assert name(found, WORDS, ()) == "Big spenders, few visits"


def test_a_taken_name_is_given_to_nobody_else():
    found = [_difference("spend_365d", "monetary", 2.0), _difference("v", "visits", -1.0), _difference("r", "returns", 0.9)]
    taken: list[str] = []

    for _ in range(5):
        taken.append(name(found, WORDS, taken))

    assert taken[:3] == ["Big spenders, few visits", "Big spenders, many returns", "Big spenders, few visits, many returns"]
    assert len(set(taken)) == 5


def test_customers_like_all_others_are_called_so():
    assert name([_difference("spend_365d", "monetary", 0.1)], WORDS, ()) == PLAIN
    assert name([_difference("spend_365d", "monetary", 0.1)], WORDS, (PLAIN,)) == f"{PLAIN} (2)"


def test_a_feature_without_words_is_called_by_its_name():
    assert name([_difference("moon_phase", "sky", -2.0)], Vocabulary(features={}, families={}), ()) == "Little moon phase"


@given(st.lists(st.tuples(st.sampled_from(sorted(WORDS.families)), st.floats(-3, 3)), max_size=8), st.integers(1, 6))
def test_names_never_repeat(given_differences, times):
    found = [_difference(f"f{n}", family, by) for n, (family, by) in enumerate(given_differences)]
    taken: list[str] = []
    for _ in range(times):
        taken.append(name(found, WORDS, taken))

    assert len(set(taken)) == times
    assert all(taken)


def test_every_registered_feature_has_words_and_no_words_are_left_over():
    wordless = [f.name for f in registered() if f.name not in WORDS.features and f.family not in WORDS.families]

    assert wordless == []
    assert not WORDS.features.keys() - {f.name for f in registered()}
    assert not WORDS.families.keys() - {f.family for f in registered()}


def test_differences_are_told_in_values_of_the_feature():
    features = [{"name": "share", "family": "price", "unit": "share"}]
    space = space_of(features, np.linspace(0, 1, 101)[:, None])

    [found] = differences(space, {"share": "price"}, np.array([1.0]))

    assert (found.difference, round(found.everybody, 2)) == (1.0, 0.5)
    assert found.value == pytest.approx(0.5 + space.scales[0].std, abs=0.01)


def test_fifths_of_different_values_are_even():
    assert np.bincount(rfm.fifths(np.random.default_rng(2).permutation(100).astype(float))).tolist() == [0, 20, 20, 20, 20, 20]


@given(arrays(np.float64, st.integers(1, 60), elements=st.one_of(st.integers(0, 9).map(float), st.just(float("nan")))))
@settings(deadline=None)
def test_equal_values_are_in_one_fifth_and_larger_ones_not_below(values):
    found = rfm.fifths(values)

    known = ~np.isnan(values)
    assert (found[~known] == 0).all()
    assert ((found[known] >= 1) & (found[known] <= 5)).all()
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(found[known][order]) >= 0).all()
    assert all(len(set(found[values == value])) == 1 for value in set(values[known]))


def test_all_fifths_have_a_name():
    assert {(r, fm) for r in range(1, 6) for fm in range(1, 6)} == set(rfm.BY_FIFTHS)
    assert set(rfm.BY_FIFTHS.values()) == set(Rfm) - {Rfm.NONE}


def test_the_best_are_champions_the_worst_lost_and_who_never_bought_is_none():
    days = np.array([1.0, 30, 60, 90, 120, np.nan])
    orders, spend = np.array([50.0, 9, 5, 3, 1, 0]), np.array([5000.0, 90, 50, 30, 1, 0])

    names, cells = rfm.cells(days, orders, spend)

    assert (names[0], cells[0]) == ("champions", "555")
    assert (names[4], cells[4]) == ("lost", "111")
    assert (names[5], cells[5]) == ("none", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rules": None}, "rules is empty"),
        ({"rules": {"new_days": "soon"}}, "rules lacks frequent_days"),
        ({"more": 1}, "segments.yaml has more"),
        ({"words": {"features": {"x": {"high": "much"}}, "families": {}}}, "words.features.x lacks low"),
    ],
)
def test_a_playbook_that_nobody_can_follow_is_refused_by_its_place(change, said):
    with pytest.raises(UnusablePlaybook, match=said):
        parsed({**read("segments"), **change})


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("rules", {"active_days": 400}, "expected new_days <= active_days < dormant_days"),
        ("rules", {"new_days": 0}, "rules.new_days is 0; expected 1 to"),
        ("clusters", {"most": 1}, "clusters.most is 1; expected 2 to 20"),
        ("clusters", {"match_within": "near"}, "clusters.match_within is 'near'; expected a number"),
        ("clusters", {"least": True}, "clusters.least is True; expected a whole number"),
        ("lookalikes", {"model": "weather"}, "expected one of churn, repurchase"),
        ("lookalikes", {"expansion_share": 2.0}, "expected 0.001 to 1"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(part, change, said):
    content = read("segments")

    with pytest.raises(UnusablePlaybook, match=said):
        parsed({**content, part: {**content[part], **change}})


def test_a_file_that_is_not_there_or_no_yaml_is_named(tmp_path):
    with pytest.raises(UnusablePlaybook, match="not there"):
        read("segments", tmp_path)
    (tmp_path / "segments.yaml").write_text("rules: [")
    with pytest.raises(UnusablePlaybook, match="no YAML"):
        read("segments", tmp_path)


def test_a_whole_number_is_a_number():
    given = {**read("segments")["lookalikes"], "expansion_share": 1}

    assert filled(LookalikeRules, given, "lookalikes").expansion_share == 1.0
    assert filled(Words, {"high": "a", "low": "b"}, "w") == Words(high="a", low="b")
