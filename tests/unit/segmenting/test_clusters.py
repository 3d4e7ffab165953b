"""Groups that are there are found, whatever the order of rows; and what is found lives on."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.segmenting import clustering
from pipelines.segmenting.customers import Customers, NobodyError, UnusableCustomersError
from pipelines.segmenting.segmentation import EVERYBODY, Segmentation, segmentation
from pipelines.segmenting.space import space_of
from tests.unit.segmenting.conftest import AS_OF, FEATURES, groups_of, people

SIZES = {"regulars": 120, "lapsed": 200, "lookers": 80}
MONTH = timedelta(days=30)


def _manifest(found: Segmentation) -> dict:
    return {
        "model": found.model(),
        "fitted_as_of": found.fitted_as_of,
        "next_id": found.next_id,
        "choice": dict(found.choice),
    }


def _members(found: Segmentation, customers: Customers) -> dict[str, str]:
    pairs = [(ids, found.assign(values)[0]) for ids, values in customers.batches(found.space.features)]
    return {i: found.segments[n].id for ids, labels in pairs for i, n in zip(ids.to_pylist(), labels, strict=True)}


def test_generated_groups_are_recovered(left, playbook):
    customers = left(people(SIZES))

    found = segmentation(customers, None, playbook, AS_OF)

    members = _members(found, customers)
    assert found.choice["k"] == found.choice["elbow"] == found.choice["best_silhouette"] == len(SIZES)
    pairs = set(zip(groups_of(list(members)), members.values(), strict=True))
    assert len(pairs) == len(SIZES)


@pytest.mark.parametrize("files", [1, 3])
def test_shuffled_rows_change_nothing(left, playbook, files):
    table = people(SIZES)
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))

    first, again = left(table), left(shuffled, files=files)

    ours, theirs = (segmentation(customers, None, playbook, AS_OF) for customers in (first, again))
    assert ours.model() == theirs.model()
    assert _members(ours, first) == _members(theirs, again)


def test_a_sample_is_enough_and_everybody_is_assigned(left, playbook):
    customers = left(people({name: size * 5 for name, size in SIZES.items()}))
    few = replace(playbook, clusters=replace(playbook.clusters, sample=200))

    found = segmentation(customers, None, few, AS_OF)

    members = _members(found, customers)
    assert len(members) == customers.rows == 2000
    assert len(set(zip(groups_of(list(members)), members.values(), strict=True))) == len(SIZES)


@pytest.mark.parametrize("shift", [-0.2, 0.05, 0.2])
def test_drifted_data_keep_ids_and_names(left, playbook, shift):
    before = segmentation(left(people(SIZES)), None, playbook, AS_OF)

    customers = left(people({**SIZES, "lookers": 160}, seed=11, shift=shift))
    after = segmentation(customers, _manifest(before), playbook, AS_OF + MONTH)

    assert {(s.id, s.name) for s in after.segments} == {(s.id, s.name) for s in before.segments}
    assert not after.matched["new"]
    first, now = _members(before, left(people(SIZES))), _members(after, customers)
    assert all(now[who] == segment for who, segment in first.items() if who in now and "lookers" not in who)


def test_a_group_that_was_not_there_is_new_and_ids_are_not_used_twice(left, playbook):
    first = segmentation(left(people(SIZES)), None, playbook, AS_OF)
    gone = {name: size for name, size in SIZES.items() if name != "lookers"}

    second = segmentation(left(people(gone)), _manifest(first), playbook, AS_OF + MONTH)
    third = segmentation(left(people(SIZES)), _manifest(second), playbook, AS_OF + 2 * MONTH)

    assert len(second.matched["retired"]) == 1
    assert third.matched["new"] == ["s04"]
    assert {s.id for s in third.segments} == {s.id for s in second.segments} | {"s04"}


def test_numbers_that_a_later_run_gave_are_not_given_again(left, playbook):
    found = segmentation(left(people(SIZES)), None, playbook, AS_OF, next_id=9)

    assert [s.id for s in found.segments] == ["s09", "s10", "s11"]
    assert found.next_id == 12


def test_between_two_fittings_segments_stay_and_customers_move(left, playbook):
    monthly = replace(playbook, clusters=replace(playbook.clusters, refit_days=28))
    before = segmentation(left(people(SIZES)), None, monthly, AS_OF)

    tomorrow = segmentation(left(people(SIZES, shift=0.3)), _manifest(before), monthly, AS_OF + timedelta(days=27))
    later = segmentation(left(people(SIZES)), _manifest(tomorrow), monthly, AS_OF + timedelta(days=28))

    assert (tomorrow.refitted, tomorrow.model()) == ("kept", before.model())
    assert later.refitted == "found 28 days ago"


def test_the_space_of_the_last_run_without_its_features_is_left(left, playbook):
    before = segmentation(left(people(SIZES)), None, playbook, AS_OF)
    fewer = [f for f in FEATURES if f["name"] != "recency_days"]

    monthly = replace(playbook, clusters=replace(playbook.clusters, refit_days=28))
    after = segmentation(left(people(SIZES), features=fewer), _manifest(before), monthly, AS_OF + timedelta(days=1))

    assert "recency_days" in after.refitted
    assert {s.id for s in after.segments} == {s.id for s in before.segments}


def test_ten_customers_are_one_segment(left, playbook):
    found = segmentation(left(people({"regulars": 5, "lapsed": 5})), None, playbook, AS_OF)

    assert [s.name for s in found.segments] == [EVERYBODY]
    assert found.fallback["name"] == "too-few-customers"
    assert "at least 50" in found.fallback["message"]


def test_ten_customers_do_not_end_the_segments_that_there_were(left, playbook):
    before = segmentation(left(people(SIZES)), None, playbook, AS_OF)

    found = segmentation(left(people({"regulars": 10})), _manifest(before), playbook, AS_OF + MONTH)

    assert found.model() == before.model()
    assert found.fallback["name"] == "too-few-customers"
    assert found.fitted_as_of == AS_OF.isoformat()


def test_the_same_customer_many_times_is_one_segment(left, playbook):
    customers = left(people({"regulars": 300}, noise=0))

    found = segmentation(customers, None, playbook, AS_OF)

    assert found.fallback["name"] == "nothing-varies"
    assert set(_members(found, customers).values()) == {"s01"}


def test_real_segments_follow_a_fallback(left, playbook):
    everybody = segmentation(left(people({"regulars": 5})), None, playbook, AS_OF)

    found = segmentation(left(people(SIZES)), _manifest(everybody), playbook, AS_OF + MONTH)

    assert [s.id for s in found.segments] == ["s02", "s03", "s04"]
    assert found.matched["retired"] == [{"id": "s01", "name": EVERYBODY}]


def test_one_feature_is_enough(left, playbook):
    only = [f for f in FEATURES if f["name"] == "recency_days"]
    evenly = {name: {"recency_days": 20 + 140 * n} for n, name in enumerate(SIZES)}

    found = segmentation(left(people(SIZES, groups=evenly), features=only), None, playbook, AS_OF)

    assert found.choice["k"] == len(SIZES)
    assert found.space.features == ["recency_days"]


def test_what_nobody_has_and_what_everybody_has_alike_is_left_out_by_name(left, playbook):
    table = people(SIZES)
    for name, values in (("wishlist_90d", [None] * 400), ("searches_30d", [3.0] * 400), ("cart_adds_30d", [9.0] + [0.0] * 399)):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.float64()))

    found = segmentation(left(table), None, playbook, AS_OF)

    assert found.space.left_out["wishlist_90d"] == "unknown for everybody"
    assert found.space.left_out["searches_30d"] == "the same for everybody"
    assert "outermost 1%" in found.space.left_out["cart_adds_30d"]
    assert found.choice["k"] == len(SIZES)
    members = _members(found, left(table))
    assert len(set(zip(groups_of(list(members)), members.values(), strict=True))) == len(SIZES)
    [lapsed] = {s for who, s in members.items() if "lapsed" in who}
    recency = next(d for s in found.segments if s.id == lapsed for d in s.because if d["feature"] == "recency_days")
    assert recency["value"] == pytest.approx(300, rel=0.1)


def test_a_matrix_of_other_features_is_refused():
    space = space_of([{"name": "spend", "family": "monetary", "unit": "money"}], np.arange(9.0)[:, None])

    with pytest.raises(ValueError, match="2 columns; expected the 1"):
        space.place(np.ones((3, 2)))


def test_infinite_and_unknown_values_are_the_median(left, playbook):
    table = people(SIZES)
    values = table.column("spend_365d").to_numpy().copy()
    values[::7], values[1::7] = np.inf, np.nan
    table = table.set_column(table.schema.get_field_index("spend_365d"), "spend_365d", pa.array(values))

    found = segmentation(left(table), None, playbook, AS_OF)

    assert np.isfinite(found.middles).all()


def test_nobody_is_an_error_that_says_what_would_work(left):
    with pytest.raises(NobodyError, match="build the customer view"):
        left(people({"regulars": 1}).slice(0, 0))


def test_a_customer_twice_is_refused(left):
    table = people({"regulars": 3})

    with pytest.raises(UnusableCustomersError, match="1 of 4 rows"):
        left(pa.concat_tables([table, table.slice(0, 1)]))


def test_a_feature_without_a_column_is_named(left):
    with pytest.raises(UnusableCustomersError, match="recency_days"):
        left(people({"regulars": 3}).drop_columns(["recency_days"]))


@given(st.integers(2, 9), st.floats(0.02, 0.2))
@settings(max_examples=20, deadline=None)
def test_the_elbow_of_a_curve_that_breaks_is_where_it_breaks(at, rest):
    falling = [1 - (1 - rest) * n / (at - 1) for n in range(at)] + [rest * (1 - 0.02 * n) for n in range(1, 5)]

    assert clustering.knee(range(1, len(falling) + 1), falling) == at


def test_a_straight_line_has_no_elbow():
    assert clustering.knee(range(1, 9), [float(9 - n) for n in range(1, 9)]) is None


def test_families_count_the_same():
    features = [{"name": f"visits_{n}", "family": "visits", "unit": "count"} for n in range(9)]
    features.append({"name": "spend", "family": "monetary", "unit": "money"})
    sample = np.random.default_rng(3).normal(10, 1, (500, 10))

    points = space_of(features, sample).place(sample)

    assert np.isclose(points[:, :9].var(axis=0).sum(), points[:, 9].var(), rtol=0.01)


def test_points_come_back_as_values():
    features = [{"name": "spend", "family": "monetary", "unit": "money"}, {"name": "share", "family": "price", "unit": "share"}]
    sample = np.column_stack([np.random.default_rng(3).lognormal(3, 1, 500), np.random.default_rng(4).uniform(0, 1, 500)])
    space = space_of(features, sample)
    low, high = np.quantile(sample, [0.02, 0.98], axis=0)
    inside = sample[((sample > low) & (sample < high)).all(axis=1)]

    assert space.scales[0].log
    assert np.allclose(space.raw(space.place(inside)), inside)


def test_the_date_of_the_last_fit_decides(left, playbook):
    monthly = replace(playbook, clusters=replace(playbook.clusters, refit_days=28))
    before = segmentation(left(people(SIZES)), None, monthly, date(2026, 1, 1))
    kept = segmentation(left(people(SIZES)), _manifest(before), monthly, date(2026, 1, 20))

    assert segmentation(left(people(SIZES)), _manifest(kept), monthly, date(2026, 1, 30)).fitted_as_of == "2026-01-30"


def test_a_value_beyond_all_measure_ends_nothing():
    sample = np.where(np.arange(100)[:, None] % 10 == 0, 1e150, np.arange(100.0)[:, None])

    found = space_of([{"name": "orders_30d", "family": "frequency", "unit": "count"}], sample)

    assert found.features == ["orders_30d"]
    assert np.isfinite(found.place(sample)).all()
