"""Which cluster lives on in which: one to one, as many as may be, never further than is allowed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.segmenting.matching import distances, match
from pipelines.segmenting.space import space_of

WITHIN = 0.5
APART = arrays(
    np.float64, st.tuples(st.integers(0, 6), st.integers(0, 6)), elements=st.one_of(st.floats(0, 2, width=32), st.just(float("inf")))
)
FEATURES = [{"name": f"f{n}", "family": f"family{n}", "unit": "share"} for n in range(3)]
DRAW = np.random.default_rng(5)
SPACE = space_of(FEATURES, DRAW.normal(0.5, 0.2, (400, 3)))
WIDER = space_of(FEATURES, DRAW.normal(0.6, 0.3, (400, 3)))
MIDDLES = np.array([[1.0, 0.0, -1.0], [-1.0, 1.0, 0.5], [0.0, -1.5, 1.0]])
SHARES = np.array([0.5, 0.3, 0.2])


def _ids(apart):
    return [f"s{n:02d}" for n in range(len(apart))]


@given(APART)
@settings(deadline=None)
def test_everyone_is_kept_once_new_once_or_retired_once(apart):
    matched = match(_ids(apart), apart, WITHIN)

    kept = [old for old, _ in matched.pairs.values()]
    assert sorted([*kept, *matched.retired]) == _ids(apart)
    assert all(distance <= WITHIN for _, distance in matched.pairs.values())
    assert all(abs(apart[int(old[1:]), new] - distance) < 1e-6 for new, (old, distance) in matched.pairs.items())


@given(APART)
@settings(deadline=None)
def test_no_pair_that_may_be_is_left_out(apart):
    matched = match(_ids(apart), apart, WITHIN)

    free_old, free_new = [int(old[1:]) for old in matched.retired], set(range(apart.shape[1])) - set(matched.pairs)
    assert not any(apart[old, new] <= WITHIN for old in free_old for new in free_new)


@given(APART, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_new_ones_does_not_matter(apart, random):
    distinct = apart + np.sqrt(np.arange(apart.size) + 2.0).reshape(apart.shape) * 1e-4  # no two sums of these are the same
    order = list(range(apart.shape[1]))
    random.shuffle(order)

    straight, turned = match(_ids(apart), distinct, WITHIN), match(_ids(apart), distinct[:, order], WITHIN)

    assert {order[new]: old for new, old in turned.pairs.items()} == dict(straight.pairs)


def test_the_same_middles_are_no_distance_apart_in_any_order():
    values = SPACE.raw(MIDDLES)

    apart = distances(SPACE, MIDDLES, WIDER, WIDER.place(values)[[2, 0, 1]], SHARES[[2, 0, 1]])

    assert np.allclose(np.diag(apart[[2, 0, 1]]), 0, atol=1e-6)
    assert {new: old for new, (old, _) in match(_ids(apart), apart, WITHIN).pairs.items()} == {0: "s02", 1: "s00", 2: "s01"}


def test_spaces_without_a_feature_in_common_match_nothing():
    other = space_of([{**f, "name": f"other_{f['name']}"} for f in FEATURES], DRAW.normal(0.5, 0.2, (400, 3)))

    apart = distances(SPACE, MIDDLES, other, MIDDLES, SHARES)

    assert not match(_ids(apart), apart, WITHIN).pairs
    assert len(match(_ids(apart), apart, WITHIN).retired) == 3


def test_what_does_not_tell_segments_apart_may_drift():
    alike = MIDDLES * [1, 1, 0]
    drifted, moved = alike + np.array([[0, 0, 2.0]]), alike + np.array([[0, 2.0, 0]])

    assert np.allclose(np.diag(distances(SPACE, drifted, SPACE, alike, SHARES)), 0, atol=1e-6)
    assert (np.diag(distances(SPACE, moved, SPACE, alike, SHARES)) > WITHIN).all()
