"""Two runs side by side, read from their files."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.review import compare
from omnichannel.review.compare import Sending, psi


class Reading:
    def __init__(self, runs, folder):
        self.runs, self.folder = runs, folder

    def view(self, name, rows):
        """A run of two files from (customer, score)."""
        paths = [self.folder / f"{name}-{number}.parquet" for number in range(2)]
        for path, half in zip(paths, (rows[::2], rows[1::2]), strict=True):
            bands = ["high" if score >= 0.7 else "medium" if score >= 0.4 else "low" for _, score in half]
            scores = pa.array([score for _, score in half], pa.float64())
            pq.write_table(pa.table({"customer_id": [customer for customer, _ in half], "score": scores, "band": bands}), path)
        return self.runs.view(name, paths)


@pytest.fixture
def reading(tmp_path):
    with compare.reading(tmp_path, 256) as runs:
        yield Reading(runs, tmp_path)


def drawn(count, *, seed=1, shift=0.0):
    chance = random.Random(seed)
    return [(f"c{number}", min(1.0, chance.random() * 0.9 + shift)) for number in range(count)]


def test_a_run_is_counted_by_band_and_by_score(reading):
    spread = reading.runs.spread(reading.view("now", [("a", 0.0), ("b", 0.42), ("c", 0.99), ("d", 1.0)]))

    assert (spread.rows, spread.bands) == (4, {"low": 1, "medium": 1, "high": 2})
    assert {number: count for number, count in enumerate(spread.histogram) if count} == {0: 1, 8: 1, 19: 2}


def test_the_same_run_has_not_moved(reading):
    now, last = (reading.view(name, drawn(500)) for name in ("now", "last"))

    moved = reading.runs.moved(now, last)

    assert (moved.score_psi, moved.moved, moved.both, moved.new, moved.gone) == (0.0, 0, 500, 0, 0)


def test_movers_are_counted_by_where_from_and_where_to(reading):
    last = reading.view("last", [("a", 0.1), ("b", 0.1), ("c", 0.8), ("d", 0.5), ("gone", 0.5)])
    now = reading.view("now", [("a", 0.9), ("b", 0.9), ("c", 0.1), ("d", 0.5), ("new", 0.5), ("newer", 0.5)])

    moved = reading.runs.moved(now, last)

    assert moved.movers == {"low -> high": 2, "high -> low": 1}
    assert (moved.both, moved.new, moved.gone) == (4, 2, 1)


def test_another_population_is_told_from_another_sample(reading):
    last, alike, higher = (
        reading.view(name, rows)
        for name, rows in (("last", drawn(2000)), ("alike", drawn(2000, seed=2)), ("higher", drawn(2000, seed=3, shift=0.1)))
    )

    same, other = reading.runs.moved(alike, last), reading.runs.moved(higher, last)

    assert same.score_psi < same.chance_psi < 0.1 < other.score_psi


def test_equal_scores_are_one_bin_and_not_a_shift(reading):
    rows = [(f"c{number}", 0.2 if number % 3 else 0.8) for number in range(300)]
    now, last = (reading.view(name, rows) for name in ("now", "last"))

    assert reading.runs.moved(now, last).score_psi == 0.0


def test_nobody_is_compared_with_nobody(reading):
    now, last = reading.runs.view("now", []), reading.view("last", drawn(10))

    moved, back = reading.runs.moved(now, last), reading.runs.moved(last, now)

    assert (moved.score_psi, moved.gone, back.score_psi, back.new) == (0.0, 10, 0.0, 10)


def test_whoever_rounds_to_the_same_score_is_sent_nothing(reading):
    churn = reading.view("churn now", [("a", 0.1001), ("b", 0.2), ("c", 0.3)]), reading.view("churn last", [("a", 0.1002), ("b", 0.25)])
    repurchase = reading.view("repurchase now", [("a", 0.5), ("d", 0.5)]), reading.view("repurchase last", [("a", 0.5), ("d", 0.5)])

    assert reading.runs.sending(dict((churn, repurchase))) == Sending(customers=4, changed=2)
    assert reading.runs.sending({churn[0]: ""}) == Sending(customers=3, changed=3)


def test_an_empty_bin_is_no_infinity():
    assert 0 < psi([10, 0, 5], [5, 5, 5]) < 10
    assert psi([0, 3], [0, 3]) == 0.0
