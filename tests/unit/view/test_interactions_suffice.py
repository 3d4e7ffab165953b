"""Whether a shop's interactions are enough for Personalize to learn from."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from omnichannel.transform.lake import Lake
from omnichannel.view.training import shortage


@pytest.fixture
def lake(tmp_path):
    """A lake where `interactions` are whatever a test says, and everybody but `c_no` is permitted."""
    made = Lake(None, "trusted", tmp_path, as_of=datetime(2026, 1, 1, tzinfo=UTC))

    def with_(customers):
        users = pa.array([user for user, count in customers.items() for _ in range(count)], pa.string())
        made.put("interactions", pa.table({"user_id": users}))
        made.put("permitted", pa.table({"user_id": pa.array([user for user in customers if user != "c_no"], pa.string())}))
        return made

    return with_


@pytest.mark.parametrize(
    ("customers", "words"),
    [
        ({}, "0 interactions"),
        ({f"c{n}": 9 for n in range(111)} | {"c_no": 500}, "999 interactions"),
        ({f"c{n}": 100 for n in range(24)}, "24 of 24 customers"),
        ({f"c{n}": 2 if n < 29 else 1 for n in range(3000)}, "29 of 3,000 customers"),
    ],
)
def test_too_little_is_said_in_words(lake, customers, words):
    lacking = shortage(lake(customers))

    assert lacking.startswith(words)


@pytest.mark.parametrize("customers", [{f"c{n}": 40 for n in range(25)}, {f"c{n}": 2 if n < 30 else 1 for n in range(3000)}])
def test_just_enough_lacks_nothing(lake, customers):
    lacking = shortage(lake(customers))

    assert lacking == ""
