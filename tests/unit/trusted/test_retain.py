"""Which superseded consents go: what holds at any time from the moment on stays what it was, and a legal hold keeps everything."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.contracts.datasets import CONSENTS, EVENTS, MESSAGING_FEEDBACK
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.identity.normalise import email_sha256
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake
from omnichannel.trusted.requests import years_before
from omnichannel.trusted.retain import IDENTIFIERS, MATTER, READ, Protected, superseded

START = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = 3
LINKS = [
    ("c_1", "customer_ref", "R1"),
    ("c_1", "email_sha256", email_sha256("one@shop.example")),
    ("c_2", "customer_ref", "R2"),
    ("c_2", "anonymous_id", "device-2"),
]
SCHEMA = arrow_schema(CONSENTS.trusted_columns)

WHO = st.sampled_from(
    [
        {"customer_ref": "R1"},
        {"email": " ONE@shop.example"},
        {"customer_ref": "R1", "email": "one@shop.example"},
        {"anonymous_id": "device-2"},
        {"customer_ref": "stranger"},
    ]
)
SAID = st.tuples(
    st.integers(0, 7), WHO, st.sampled_from(["analytics", "marketing"]), st.sampled_from(["web", "any"]), st.booleans(), st.integers(0, 5)
)


def at(hours):
    return START + timedelta(hours=hours)


def table(said):
    rows = [
        {"consent_id": f"k{n}", **who, "purpose": purpose, "channel": channel, "granted": granted, "recorded_at": at(hour),
         "source": "form", "_content_id": "f1", "_line": line}
        for line, (n, who, purpose, channel, granted, hour) in enumerate(said)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def old(rows, before=BEFORE):
    """The ids of the entries that are superseded before that hour."""
    kept = rows.filter(pa.array([moment < at(before) for moment in rows["recorded_at"].to_pylist()], pa.bool_()))
    return set(superseded(kept.select(READ))["consent_id"].to_pylist())


def without(rows, ids):
    return rows.filter(pa.array([each not in ids for each in rows["consent_id"].to_pylist()], pa.bool_()))


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """What holds at an hour, as the customer view computes it."""
    work = tmp_path_factory.mktemp("lake")

    def compute(rows, hour):
        lake = Lake(None, "trusted", work, as_of=at(hour), memory_mb=256, threads=1)
        links = [{"customer_id": c, "id_type": t, "id_value": v, "valid_from": START} for c, t, v in LINKS]
        lake.put(LINKS_TABLE, pa.Table.from_pylist(links, schema=arrow_schema(TABLES[LINKS_TABLE])))
        lake.put(CONSENTS.table, rows)
        for empty in (EVENTS, MESSAGING_FEEDBACK):
            lake.put(empty.table, arrow_schema(empty.trusted_columns).empty_table())
        lake.build("consent_state")
        found = lake.rows("SELECT * FROM consent_state ORDER BY customer_id, purpose, channel")
        lake.close()
        return found

    return compute


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(SAID, max_size=14), hour=st.integers(BEFORE, 7))
def test_the_state_at_any_time_within_the_kept_years_is_what_it_was(state, said, hour):
    rows = table(said)

    assert state(without(rows, old(rows)), hour) == state(rows, hour)


@given(said=st.lists(SAID, max_size=14, unique_by=lambda entry: entry[0]))
def test_of_each_matter_one_old_entry_is_left(said):
    rows = table(said)
    left = [row for row in without(rows, old(rows)).to_pylist() if row["recorded_at"] < at(BEFORE)]

    matters = [tuple(row[name] for name in MATTER) for row in left]
    assert len(matters) == len(set(matters))
    assert set(matters) == {tuple(row[name] for name in MATTER) for row in rows.to_pylist() if row["recorded_at"] < at(BEFORE)}


@given(said=st.lists(SAID, max_size=14))
def test_asking_again_finds_no_more(said):
    rows = table(said)

    assert old(without(rows, old(rows))) == set()


def test_what_was_superseded_only_afterwards_is_kept():
    who = {"customer_ref": "R1"}
    rows = table([(n, who, "marketing", "any", bool(n % 2), hour) for n, hour in enumerate((0, 1, 2, 4, 5))])

    assert old(rows) == {"k0", "k1"}


def test_at_the_same_time_the_refusal_is_kept():
    who = {"email": "one@shop.example"}

    assert old(table([(1, who, "marketing", "any", False, 1), (2, who, "marketing", "any", True, 1)])) == {"k2"}


def test_a_row_of_somebody_under_a_hold_is_told_by_any_identifier_in_any_spelling():
    protected = Protected(frozenset({("email_sha256", email_sha256("one@shop.example")), ("anonymous_id", "device-2")}))
    rows = pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(
            IDENTIFIERS, (["R1", None, "R1", None], [None, " ONE@shop.example", None, None], [None, None, "device-2", "R1"]), strict=True
        )}
    )  # fmt: skip

    assert protected.rows(rows).to_pylist() == [False, True, True, False]
    assert Protected().rows(rows).to_pylist() == [False] * 4


def test_years_are_counted_by_the_calendar():
    assert years_before(datetime(2028, 2, 29, 12, tzinfo=UTC), 1) == datetime(2027, 2, 28, 12, tzinfo=UTC)
    assert years_before(datetime(2026, 11, 22, tzinfo=UTC), 5) == datetime(2021, 11, 22, tzinfo=UTC)
