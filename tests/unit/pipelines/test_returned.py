"""What came back from scoring, joined by customer: nobody lost, nobody twice, nothing that is no score."""

import hashlib
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from omnichannel.scoring.stored import bucket_of
from pipelines import returned
from pipelines.returned import IdsDifferError, Returned, UnusableFeaturesError, UnusableScoresError, decile_starts, gather

FEATURES = ["recency_days", "overdue_ratio"]


@pytest.fixture
def put(tmp_path: Path):
    """Writes lines as one file of what was sent, or came back."""

    def write(side: str, *lines: str, file: str = "customers.csv") -> Path:
        folder = tmp_path / side
        folder.mkdir(exist_ok=True)
        (folder / file).write_text("".join(f"{line}\n" for line in lines))
        return folder

    return write


def gathered(tmp_path: Path) -> Returned:
    return gather(tmp_path / "sent", tmp_path / "scored", FEATURES, tmp_path / "work")


def test_scores_are_joined_by_customer_and_not_by_row(put, tmp_path: Path) -> None:
    put("sent", "c_a,1.0,2", "c_b,2.0,nan", "c_c,3.0,1")
    put("scored", "c_c,0.3", "c_a,0.1", "c_b,0.2")

    rows = gathered(tmp_path).table(0).to_pylist()

    assert [(row["customer_id"], row["recency_days"], row["overdue_ratio"], row["score"]) for row in rows] == [
        ("c_a", 1.0, 2.0, 0.1),
        ("c_b", 2.0, None, 0.2),
        ("c_c", 3.0, 1.0, 0.3),
    ]


def test_ids_are_text(put, tmp_path: Path) -> None:
    put("sent", "007,1.0,nan")
    put("scored", "007,0.25")

    assert gathered(tmp_path).table(0).column("customer_id").to_pylist() == ["007"]


@pytest.mark.parametrize(
    ("scored", "message"),
    [
        (("c_a,0.1", "c_b,0.1"), r"^3 customers were sent to scoring: 1 did not come back, 0 others did$"),
        (("c_a,0.1", "c_b,0.1", "c_x,0.1"), r"1 did not come back, 1 others did"),
        (("c_a,0.1", "c_b,0.1", "c_c,0.1", "c_d,0.1"), r"0 did not come back, 1 others did"),
        (("c_a,0.1", "c_a,0.1", "c_b,0.1", "c_c,0.1"), r"^1 customers were scored twice$"),
    ],
)
def test_a_lost_a_foreign_or_a_doubled_customer_is_an_error(put, tmp_path: Path, scored: tuple[str, ...], message: str) -> None:
    put("sent", "c_a,1,1", "c_b,1,1", "c_c,1,1")
    put("scored", *scored)

    with pytest.raises(IdsDifferError, match=message):
        gathered(tmp_path)


def test_a_transform_that_wrote_nothing_lost_everybody(put, tmp_path: Path) -> None:
    put("sent", "c_a,1,1", "c_b,1,1")
    put("scored")

    with pytest.raises(IdsDifferError, match="2 did not come back"):
        gathered(tmp_path)


@pytest.mark.parametrize("score", ["nan", "inf", "-inf", "1.0000001", "-0.1", ""])
def test_a_score_outside_of_its_range_is_an_error(put, tmp_path: Path, score: str) -> None:
    put("sent", "c_a,1,1", "c_b,1,1")
    put("scored", f"c_a,{score}", "c_b,0.5")

    with pytest.raises(UnusableScoresError, match="1 of 2 scores are not between 0 and 1"):
        gathered(tmp_path)


@pytest.mark.parametrize("line", ["c_secret,high", "c_secret", "c_secret,0.1,0.2"])
def test_lines_that_are_no_scores_are_an_error_that_names_nobody(put, tmp_path: Path, line: str) -> None:
    put("sent", "c_a,1,1", "c_secret,1,1")
    put("scored", "c_a,0.1", line)

    with pytest.raises(UnusableScoresError, match="not CSV lines of customer_id and 1 numbers") as failed:
        gathered(tmp_path)

    assert "c_secret" not in str(failed.value)


def test_rows_of_another_width_are_an_error(put, tmp_path: Path) -> None:
    put("sent", "c_a,1,1,1")
    put("scored", "c_a,0.1")

    with pytest.raises(UnusableFeaturesError, match="customer_id and 2 numbers"):
        gathered(tmp_path)


def test_many_customers_are_split_into_parts_and_buckets_that_their_ids_tell(put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returned, "ROWS_A_PART", 300)
    monkeypatch.setattr(returned, "ROWS_A_BUCKET", 50)
    ids = [f"c_{hashlib.md5(str(n).encode()).hexdigest()[:12]}" for n in range(1000)]
    put("sent", *(f"{i},1,nan" for i in ids[:400]))
    put("sent", *(f"{i},1,nan" for i in ids[400:]), file="more.csv")
    put("scored", *(f"{i},0.5" for i in random.Random(1).sample(ids, 1000)))

    found = gathered(tmp_path)
    tables = [found.table(part) for part in range(found.parts)]

    assert sorted(i for table in tables for i in table.column("customer_id").to_pylist()) == sorted(ids)
    assert max(table.num_rows for table in tables) <= 300
    for number, table in enumerate(tables):
        assert table.column("customer_id").to_pylist() == sorted(table.column("customer_id").to_pylist())
        told = [bucket_of(i, found.buckets) for i in table.column("customer_id").to_pylist()]
        assert table.column("bucket").to_pylist() == told
        assert {bucket // (found.buckets // found.parts) for bucket in told} == {number}


@pytest.mark.parametrize("scores", [np.linspace(0, 1, 20), np.full(7, 0.5), np.repeat([0.1, 0.2, 0.9], [50, 3, 47]), np.array([0.3])])
def test_deciles_are_those_of_mean_ranks_over_everybody(put, tmp_path: Path, scores: np.ndarray) -> None:
    put("sent", *(f"c_{n},1,1" for n in range(len(scores))))
    put("scored", *(f"c_{n},{float(score)!r}" for n, score in enumerate(scores)))

    starts = decile_starts(gathered(tmp_path))

    expected = np.ceil(pd.Series(scores).rank(method="average").to_numpy() * 10 / len(scores)).astype(int)
    assert starts == [(decile, min(scores[expected == decile])) for decile in sorted(set(expected))]
