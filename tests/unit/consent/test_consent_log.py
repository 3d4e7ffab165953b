"""The consent log and its state as of any date, against a reference that goes through every source word by word."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.contracts.consent import PREFERENCE_EVENT, SEGMENT_CATEGORIES
from omnichannel.contracts.datasets import CONSENTS, EVENTS, MESSAGING_FEEDBACK
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.identity.normalise import email_sha256
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake

START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = START + timedelta(days=365)
LINKS = [
    ("c_1", "customer_ref", "R1"),
    ("c_1", "email_sha256", email_sha256("one@shop.example")),
    ("c_1", "anonymous_id", "device-1"),
    ("c_2", "customer_ref", "R2"),
    ("c_2", "anonymous_id", "device-2"),
]
OWNERS = {value: customer for customer, _, value in LINKS}


def at(hours):
    return START + timedelta(hours=hours)


WHO = st.sampled_from(
    [
        {"customer_ref": "R1"},
        {"email": " ONE@shop.example"},
        {"anonymous_id": "device-2"},
        {"customer_ref": "stranger", "email": "one@shop.example"},
    ]
)
HOURS = st.integers(0, 4)
SAID = st.tuples(
    WHO, st.sampled_from(["analytics", "marketing"]), st.sampled_from(["web", "email"]), st.booleans(), HOURS
)  # fmt: skip
BROWSED = st.tuples(
    st.sampled_from(["device-1", "device-2", "visitor"]),
    st.sampled_from(["Product Viewed", PREFERENCE_EVENT]),
    st.dictionaries(st.sampled_from(["Analytics", "marketing", "Functional"]), st.booleans(), max_size=2),
    HOURS,
)
REPORTED = st.tuples(
    st.sampled_from([{"address": "one@shop.example"}, {"customer_id": "c_2"}, {"address": "x@shop.example"}]),
    st.sampled_from(["unsubscribe", "complaint", "open"]),
    st.sampled_from([None, "sms"]),
    HOURS,
)


@pytest.fixture(scope="module")
def lake_at(tmp_path_factory):
    """A lake with those rows, as of a moment."""
    work = tmp_path_factory.mktemp("lake")

    def make(said, browsed, reported, as_of):
        lake = Lake(None, "trusted", work, as_of=as_of, memory_mb=256, threads=1)
        links = [{"customer_id": c, "id_type": t, "id_value": v, "valid_from": START} for c, t, v in LINKS]
        put(lake, LINKS_TABLE, links)
        put(lake, CONSENTS.table, [
            {"consent_id": f"k{n}", **who, "purpose": purpose, "channel": channel, "granted": granted, "recorded_at": at(hour)}
            for n, (who, purpose, channel, granted, hour) in enumerate(said)
        ])  # fmt: skip
        put(lake, EVENTS.table, [
            {"message_id": f"m{n}", "type": "track", "event": name, "anonymous_id": device, "timestamp": at(hour),
             "consent": json.dumps({"categoryPreferences": preferences})}
            for n, (device, name, preferences, hour) in enumerate(browsed)
        ])  # fmt: skip
        put(lake, MESSAGING_FEEDBACK.table, [
            {"event_id": f"f{n}", "sink": "s", **whom, "type": kind, "channel": channel, "at": at(hour)}
            for n, (whom, kind, channel, hour) in enumerate(reported)
        ])  # fmt: skip
        lake.build("consent_state")
        return lake

    return make


def put(lake, table, rows):
    schema = arrow_schema(TABLES[table])
    lined = [{**row, "_content_id": "f", "_line": n} if "_line" in schema.names else row for n, row in enumerate(rows)]
    lake.put(table, pa.Table.from_pylist(lined, schema=schema))


def words(said, browsed, reported):
    """Every entry of the log: customer, key, time, granted."""
    for who, purpose, channel, granted, hour in said:
        known = (OWNERS.get(who.get("customer_ref")), owner_of(who), OWNERS.get(who.get("anonymous_id")))
        owner = next((found for found in known if found), None)
        yield owner, f"{purpose}/{channel}", at(hour), granted
    last = {}
    in_time = sorted(enumerate(browsed), key=lambda each: (each[1][3], f"m{each[0]}"))
    for device, name, preferences, hour in (event for _, event in in_time):
        for category, granted in preferences.items():
            purpose = SEGMENT_CATEGORIES.get(category.lower())
            if purpose and (name == PREFERENCE_EVENT or last.get((device, purpose)) != granted):
                yield OWNERS.get(device), f"{purpose}/web", at(hour), granted
            if purpose:
                last[device, purpose] = granted
    for whom, kind, channel, hour in reported:
        if kind != "open":
            yield whom.get("customer_id") or owner_of({"email": whom["address"]}), f"marketing/{channel or 'email'}", at(hour), False


def owner_of(who):
    return OWNERS.get(email_sha256(who["email"])) if "email" in who else None


def expected(said, browsed, reported, as_of):
    newest = defaultdict(list)
    for customer, key, when, granted in words(said, browsed, reported):
        if customer and when < as_of:
            newest[customer, key].append((when, not granted))
    return {(*key, max(found)[0], not max(found)[1]) for key, found in newest.items()}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SAID, max_size=6), st.lists(BROWSED, max_size=8), st.lists(REPORTED, max_size=4), st.integers(0, 6))
def test_the_state_as_of_any_date_is_the_newest_word_of_every_source(lake_at, said, browsed, reported, hour):
    state = lake_at(said, browsed, reported, at(hour)).rows("SELECT * FROM consent_state")

    found = {(row["customer_id"], f"{row['purpose']}/{row['channel']}", row["recorded_at"], row["granted"]) for row in state}
    assert found == expected(said, browsed, reported, at(hour))
    assert len(state) == len(found)


def test_a_page_that_repeats_an_old_answer_does_not_undo_a_later_refusal(lake_at):
    said = [({"customer_ref": "R1"}, "analytics", "web", False, 2)]
    browsed = [("device-1", "Product Viewed", {"Analytics": True}, hour) for hour in (1, 3, 4)]

    log = lake_at(said, browsed, [], FAR).rows("SELECT granted, recorded_at, origin FROM consent_log ORDER BY recorded_at")

    assert [(row["granted"], row["recorded_at"], row["origin"]) for row in log] == [(True, at(1), "segment"), (False, at(2), "consents")]


def test_feedback_on_somebody_who_was_merged_is_the_survivors(lake_at, tmp_path):
    lake = Lake(None, "trusted", tmp_path, as_of=FAR)
    moved = {"id_type": "customer_ref", "id_value": "R2"}
    put(lake, LINKS_TABLE, [
        {"customer_id": "c_2", **moved, "valid_from": START, "valid_to": at(1)},
        {"customer_id": "c_1", **moved, "valid_from": at(1)},
        {"customer_id": "c_1", "id_type": "customer_ref", "id_value": "R1", "valid_from": START},
    ])  # fmt: skip
    put(lake, CONSENTS.table, [])
    put(lake, EVENTS.table, [])
    put(lake, MESSAGING_FEEDBACK.table, [{"event_id": "f", "sink": "s", "customer_id": "c_2", "type": "unsubscribe", "at": at(2)}])

    lake.build("consent_state")

    assert [row["customer_id"] for row in lake.rows("SELECT customer_id FROM consent_state")] == ["c_1"]


@pytest.mark.parametrize(
    ("whom", "customer"),
    [
        ({"customer_id": " c_2 "}, "c_2"),
        ({"customer_id": "R2"}, "c_2"),
        ({"customer_id": " ", "address": "one@shop.example"}, "c_1"),
        ({"customer_id": "stranger", "address": "one@shop.example"}, "c_1"),
        ({"customer_id": "R2", "address": "one@shop.example"}, "c_2"),
        ({"customer_id": "stranger"}, "stranger"),
        ({"address": "stranger@shop.example"}, None),
    ],
)
def test_feedback_is_whose_id_or_reference_it_names_else_whose_address_it_is(lake_at, whom, customer):
    lake = lake_at([], [], [(whom, "unsubscribe", None, 1)], FAR)

    found = lake.rows("SELECT customer_id FROM consent_state")

    assert [row["customer_id"] for row in found] == ([customer] if customer else [])


@pytest.mark.parametrize(("user_id", "refused"), [("stranger", []), ("null", ["c_1"]), (None, ["c_1"])])
def test_who_unsubscribes_on_somebody_elses_browser_refuses_nothing_for_them(tmp_path, user_id, refused):
    lake = Lake(None, "trusted", tmp_path, as_of=FAR)
    put(lake, LINKS_TABLE, [{"customer_id": c, "id_type": t, "id_value": v, "valid_from": START} for c, t, v in LINKS])
    event = {"message_id": "m", "type": "track", "event": "Unsubscribed", "anonymous_id": "device-1", "timestamp": at(1)}
    put(lake, EVENTS.table, [{**event, "user_id": user_id}])

    lake.build("unsubscribed_events")

    assert [row["customer_id"] for row in lake.rows("SELECT customer_id FROM unsubscribed_events")] == refused
