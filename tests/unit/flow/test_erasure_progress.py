"""What a person who erases sees while it goes on."""

from datetime import UTC, datetime, timedelta

from sandbox.flow.privacy import standing

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def step(minute, **counts):
    return {"at": (BEGAN + timedelta(minutes=minute)).isoformat(), **counts}


def test_before_the_first_step_it_has_begun():
    assert standing({}, BEGAN) == "begun"


def test_the_newest_step_is_told_with_what_goes_on_since_and_for_how_long():
    steps = {"stop": step(1, customers=1), "tables, round 1": step(2, rows=5, versions=6)}

    said = [standing(steps, BEGAN + timedelta(minutes=2, seconds=seconds)) for seconds in (30, 60, 119, 300)]

    newest = "tables, round 1: 5 rows, 6 versions; taking the person out of objects"
    assert said == [newest, f"{newest} for 1 min", f"{newest} for 1 min", f"{newest} for 5 min"]


def test_a_proof_that_found_something_says_where():
    steps = {"proof, round 2": step(3, items=9, found=1, **{"found in trusted/identity_links": 1})}

    assert standing(steps, BEGAN + timedelta(minutes=3)).startswith("proof, round 2: 9 items, 1 found, 1 found in trusted/identity_links;")


def test_a_step_that_nothing_long_follows_is_told_as_it_is():
    assert standing({"identify": step(0, email=1)}, BEGAN + timedelta(hours=1)) == "identify: 1 email"
