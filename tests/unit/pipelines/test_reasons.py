"""Who is explained: by the knob, by the band, and by the same consents that the gate asks before sending."""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.consent.gate import allows, consent_key
from omnichannel.contracts.consent import Channel, Purpose
from pipelines.reasons import CHANNELS, CONSENTED_QUERY, Explained, explained, wanted

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
IDS, BANDS = ["c_a", "c_b", "c_c", "c_d"], ["high", "medium", "low", "high"]

CONSENTS = st.dictionaries(
    st.tuples(st.sampled_from(["c_a", "c_b"]), st.sampled_from(list(Purpose)[:2]), st.sampled_from(list(Channel))),
    st.tuples(st.booleans(), st.integers(0, 2)),
    max_size=12,
)


@pytest.mark.parametrize(
    ("knob", "rows"),
    [
        (Explained.CONTACTABLE, [True, True, False, False]),
        (Explained.ALL, [True, True, True, True]),
        (Explained.NONE, [False, False, False, False]),
    ],
)
def test_the_knob_says_whose_scores_are_explained(knob: Explained, rows: list[bool]):
    assert wanted(knob, IDS, BANDS, frozenset({"c_a", "c_b", "c_c"})).tolist() == rows


def test_only_they_are_explained_and_each_by_their_own_row():
    class Model:
        def reasons(self, matrix: Any, top: int) -> list[list[str]]:
            return [[f"+{value:g}"] * top for value in matrix[:, 0]]

    found = explained(Model(), np.array([[1.0], [2.0], [3.0]]), np.array([True, False, True]))  # type: ignore[arg-type]

    assert found == [["+1"] * 3, [], ["+3"] * 3]


@given(CONSENTS)
def test_who_has_consented_is_whom_the_gate_lets_through(consents: dict[tuple[str, Purpose, Channel], tuple[bool, int]]):
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE consent_state (customer_id TEXT, purpose TEXT, channel TEXT, granted BOOLEAN, recorded_at TIMESTAMPTZ)"
        )
        for (customer, purpose, channel), (granted, minute) in consents.items():
            row = [customer, purpose.value, channel.value, granted, BEGIN + timedelta(minutes=minute)]
            connection.execute("INSERT INTO consent_state VALUES (?, ?, ?, ?, ?)", row)
        found = {row[0] for row in connection.execute(CONSENTED_QUERY).fetchall()}

    items: dict[str, dict[str, Any]] = {"c_a": {}, "c_b": {}}
    for (customer, purpose, channel), (granted, minute) in consents.items():
        items[customer][consent_key(purpose, channel)] = {"granted": granted, "at": (BEGIN + timedelta(minutes=minute)).isoformat()}
    assert found == {c for c, held in items.items() if any(allows(held, Purpose.MARKETING, channel) for channel in CHANNELS)}
