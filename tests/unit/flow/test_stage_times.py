"""What the report tells of onboarding's stages, from the times in the history."""

from datetime import UTC, datetime, timedelta

from omnichannel.onboarding.history import Version
from sandbox.flow.stages import stage_times

BEGUN = datetime(2026, 11, 1, 12, 0, 0, 500_000, tzinfo=UTC)


def content(name: str, dataset: str, staged: float, committed: float, rows: int = 10) -> dict[str, object]:
    at, then = BEGUN + timedelta(seconds=staged), BEGUN + timedelta(seconds=committed)
    return {"content_id": name, "dataset": dataset, "at": at.isoformat(), "committed_at": then.isoformat(), "rows_committed": rows}


def landing(name: str, seconds: float) -> Version:
    return Version(landed_at=(BEGUN + timedelta(seconds=seconds)).isoformat(), content_id=name)


def test_each_data_set_has_the_median_and_the_longest_of_each_stage() -> None:
    items = [content("a", "events", 2, 5), content("b", "events", 4, 14, rows=5), content("c", "consents", 1, 2)]

    events, consents = stage_times(items, [landing(name, 0) for name in "abc"], BEGUN)[::-1]

    assert events == {"dataset": "events", "files": 2, "rows": 15, "stage_a": (3.0, 4.0), "stage_b": (6.5, 10.0)}
    assert consents == {"dataset": "consents", "files": 1, "rows": 10, "stage_a": (1.0, 1.0), "stage_b": (1.0, 1.0)}


def test_what_landed_before_or_was_not_committed_is_left_out() -> None:
    waiting = {"content_id": "w", "dataset": "events", "at": BEGUN.isoformat()}

    assert stage_times([content("a", "events", -8, -7), waiting], [landing("a", -10), landing("w", 0)], BEGUN) == []


def test_a_content_that_landed_twice_counts_from_its_first_landing() -> None:
    (row,) = stage_times([content("a", "events", 2, 3)], [landing("a", 30), landing("a", 0)], BEGUN)

    assert row["stage_a"] == (2.0, 2.0)
