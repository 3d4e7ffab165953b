"""Score runs: ids kept, bands, deciles, names of runs."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines import publishing
from pipelines.steps.publish import read_customers

SENT = pd.DataFrame({"recency_days": [1.0, 2.0, 3.0]}, index=["c_a", "c_b", "c_c"])


def test_scores_are_joined_by_customer_and_not_by_row() -> None:
    scored = pd.DataFrame({"score": [0.3, 0.1, 0.2]}, index=["c_c", "c_a", "c_b"])

    found = publishing.matched(SENT, scored)

    assert found.score.to_dict() == {"c_a": 0.1, "c_b": 0.2, "c_c": 0.3}


@pytest.mark.parametrize(("ids", "message"), [(["c_a", "c_b"], "1 did not come back"), (["c_a", "c_a", "c_b"], "scored twice")])
def test_a_lost_or_doubled_customer_is_an_error(ids: list[str], message: str) -> None:
    scored = pd.DataFrame({"score": [0.1] * len(ids)}, index=ids)

    with pytest.raises(publishing.IdsDifferError, match=message):
        publishing.matched(SENT, scored)


def test_transformed_files_are_read_with_ids_as_text(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for name, line in (("sent", "007,1.0,nan\n"), ("scored", "007,0.25\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "customers.csv").write_text(line)

    found = read_customers(tmp_path / "sent", tmp_path / "scored", ["recency_days", "overdue_ratio"])

    assert found.index.to_list() == ["007"]
    assert np.isnan(found.overdue_ratio["007"])


def test_the_highest_tenth_is_decile_ten_and_equal_scores_share_one() -> None:
    assert publishing.deciles(np.linspace(0, 1, 20)).tolist() == [d for d in range(1, 11) for _ in range(2)]
    assert len(set(publishing.deciles(np.full(7, 0.5)).tolist())) == 1


def test_bands_begin_at_their_cut_off() -> None:
    assert publishing.bands(np.array([0.1, 0.2, 0.5]), {"high": 0.5, "medium": 0.2}) == ["low", "medium", "high"]


def test_a_run_is_named_by_model_data_and_date() -> None:
    one = publishing.run_id("model", "data", date(2025, 3, 1))

    assert one == publishing.run_id("model", "data", date(2025, 3, 1))
    assert len({one, publishing.run_id("model", "other", date(2025, 3, 1)), publishing.run_id("model", "data", date(2025, 3, 2))}) == 3
