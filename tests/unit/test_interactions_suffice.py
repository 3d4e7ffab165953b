"""Whether a shop's interactions are enough for Personalize to learn from."""

import pyarrow as pa
import pytest

from omnichannel.view.interactions import SCHEMA, of_customers, shortage


def _interactions(customers):
    """Interactions of customers by how many each has."""
    users = [user for user, count in customers.items() for _ in range(count)]
    return pa.table([users, ["p"] * len(users), [1] * len(users), ["View"] * len(users)], schema=SCHEMA)


@pytest.mark.parametrize(
    ("customers", "words"),
    [
        ({}, "0 interactions"),
        ({f"c{n}": 9 for n in range(111)}, "999 interactions"),
        ({f"c{n}": 100 for n in range(24)}, "24 of 24 customers"),
        ({f"c{n}": 2 if n < 29 else 1 for n in range(3000)}, "29 of 3,000 customers"),
    ],
)
def test_too_little_is_said_in_words(customers, words):
    lacking = shortage(_interactions(customers))

    assert lacking.startswith(words)


@pytest.mark.parametrize("customers", [{f"c{n}": 40 for n in range(25)}, {f"c{n}": 2 if n < 30 else 1 for n in range(3000)}])
def test_just_enough_lacks_nothing(customers):
    lacking = shortage(_interactions(customers))

    assert lacking == ""


def test_only_interactions_of_the_named_customers_count():
    found = _interactions({"c1": 2, "c2": 3})

    kept = of_customers(found, ["c2"])

    assert kept["USER_ID"].to_pylist() == ["c2"] * 3
