"""What a consent object allows: only what stands in its `categoryPreferences`, as the live way reads it."""

import json

import duckdb
import pytest

from omnichannel.transform.lake import SQL


def answers(consent, user_id="R1"):
    """By category what the lake takes a consent object to say that came with the user id, on the browser of the customer R1."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            """CREATE TABLE consent_contexts AS SELECT 'm' AS message_id, 'v' AS visitor, ? AS user_id, 'v' AS anonymous_id,
            TIMESTAMPTZ '2026-05-01' AS timestamp, lower(?) AS said, true AS decided""",
            [user_id, json.dumps(consent)],
        )
        connection.execute(
            """CREATE TABLE links_now AS FROM (VALUES ('customer_ref', 'R1', 'c_1'), ('anonymous_id', 'v', 'c_1'))
            AS links (id_type, id_value, customer_id)"""
        )
        cursor = connection.execute((SQL / "consents_on_the_web.sql").read_text())
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["purpose"]: row["granted"] for row in rows}


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ({"categoryPreferences": {"Marketing": True, "analytics": False}}, {"marketing": True, "analytics": False}),
        ({"provider": {"marketing": True}, "categoryPreferences": {"marketing": False}}, {"marketing": False}),
        ({"categoryPreferences": {"analytics": True}, "vendors": {"marketing": True}}, {"analytics": True}),
        ({"marketing": True, "categoryPreferences": {}}, {}),
        ({"categoryPreferences": [{"marketing": True}]}, {}),
        ({"categoryPreferences": {"marketing": "true", "analytics": 1, "advertising": None}}, {}),
        ({"categoryPreferences": {"note": '"marketing": true', "analytics": True}}, {"analytics": True}),
        ("marketing", {}),
    ],
)
def test_only_category_preferences_are_answers(consent, said):
    assert answers(consent) == said


@pytest.mark.parametrize(("user_id", "said"), [(None, {"marketing": True}), ("undefined", {"marketing": True}), ("R2", {})])
def test_an_answer_under_a_user_id_that_is_nobodys_is_not_the_browsers_owners(user_id, said):
    assert answers({"categoryPreferences": {"marketing": True}}, user_id) == said
