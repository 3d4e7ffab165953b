"""Score runs: bands, deciles, names of runs, and the features that are kept for scoring on demand."""

import math
import sys
from datetime import date
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.scoring.stored import values_of
from pipelines import publishing
from pipelines.returned import UnusableFeaturesError


def test_deciles_begin_at_their_lowest_score() -> None:
    starts = [(2, 0.1), (5, 0.3), (10, 0.8)]

    assert publishing.deciles(np.array([0.05, 0.1, 0.29, 0.3, 0.79, 0.8, 1.0]), starts).tolist() == [2, 2, 2, 5, 5, 10, 10]


def test_bands_begin_at_their_cut_off() -> None:
    assert publishing.bands(np.array([0.1, 0.2, 0.5]), {"high": 0.5, "medium": 0.2}) == ["low", "medium", "high"]


def test_a_run_is_named_by_model_data_date_and_who_is_explained() -> None:
    one = publishing.run_id("model", "data", date(2025, 3, 1), "all")

    others = [("model", "other", 1, "all"), ("model", "data", 2, "all"), ("other", "data", 1, "all"), ("model", "data", 1, "none")]
    assert one == publishing.run_id("model", "data", date(2025, 3, 1), "all")
    assert len({one, *(publishing.run_id(m, d, date(2025, 3, day), e) for m, d, day, e in others)}) == 5


def test_what_is_infinite_is_unknown_and_named() -> None:
    rows, spread = pa.table({"a": [1.0, math.inf], "b": [None, -math.inf]}), publishing.Spread()

    found = spread.known(publishing.matrix_of(rows, ["b", "a"]), ["b", "a"])

    assert np.array_equal(found, [[math.nan, 1.0], [math.nan, math.nan]], equal_nan=True)
    assert spread.to_dict()["infinite_as_unknown"] == {"a": 1, "b": 1}


@given(st.lists(st.floats(allow_infinity=False), min_size=1, max_size=5))
def test_a_kept_value_comes_back_to_the_last_bit(values: list[float]) -> None:
    rows = pa.table({"customer_id": ['c_"ü', "c_b"], "bucket": [7, 7]})
    matrix = np.array([values, [0.0] * len(values)])

    ((number, lines),) = publishing.buckets(rows, matrix)
    packed = publishing.packed(lines)

    assert number == 7
    assert np.array_equal(values_of(packed, 'c_"ü') or [], values, equal_nan=True)
    assert values_of(packed, "c_") is None


def test_customers_are_kept_by_bucket() -> None:
    rows = pa.table({"customer_id": ["c_a", "c_b", "c_c"], "bucket": [2, 0, 2]})

    found = dict(publishing.buckets(rows, np.array([[1.0], [2.0], [sys.float_info.max]])))

    assert list(found) == [0, 2]
    assert values_of(publishing.packed(found[2]), "c_c") == [sys.float_info.max]
    assert values_of(publishing.packed(found[0]), "c_a") is None


def test_the_same_lines_give_the_same_bytes() -> None:
    assert publishing.packed("a\n") == publishing.packed("a\n")


def test_features_of_another_version_are_an_error_that_names_them() -> None:
    model = SimpleNamespace(features=["recency_days", "orders_30d"])

    with pytest.raises(UnusableFeaturesError, match=r"2 features, the model reads 2: missing orders_30d, unknown orders_60d"):
        publishing.check_features(["recency_days", "orders_60d"], model)  # type: ignore[arg-type]


def test_the_spread_is_the_sum_of_the_parts() -> None:
    spread = publishing.Spread()

    for bands, scores, reasons in ((["low", "high"], [0.1, 0.9], [[], ["+a"]]), (["low"], [0.11], [[]])):
        spread.add(pa.table({"band": bands, "score": scores, "reasons": pa.array(reasons, pa.list_(pa.string()))}))

    told = spread.to_dict()
    assert (told["rows"], told["bands"], told["explained"]) == (3, {"low": 2, "high": 1}, 1)
    assert told["histogram"]["counts"][2] == 2
