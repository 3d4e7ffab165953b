"""Whose an event of the lake is: the user id's alone where one is given, else the browser's owner's."""

import duckdb
import pytest

from omnichannel.transform.lake import SQL

ALICE, BROWSER = "c_alice", "b-1"


def owners(*events):
    """By message the customer whom the lake gives it to; an event is its user id and its anonymous id."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET VARIABLE as_of = TIMESTAMPTZ '2026-06-01'")
        connection.execute(
            """CREATE TABLE events_once (message_id VARCHAR, type VARCHAR, event VARCHAR, user_id VARCHAR, anonymous_id VARCHAR,
            timestamp TIMESTAMPTZ, session_id VARCHAR, product_id VARCHAR, order_id VARCHAR, products VARCHAR)"""
        )
        for number, (user_id, anonymous_id) in enumerate(events):
            connection.execute(
                "INSERT INTO events_once VALUES (?, 'track', 'Product Viewed', ?, ?, TIMESTAMPTZ '2026-05-01', NULL, 'p', NULL, NULL)",
                [str(number), user_id, anonymous_id],
            )
        connection.execute(
            f"""CREATE TABLE links_now AS FROM (VALUES ('customer_ref', 'R1', '{ALICE}'), ('anonymous_id', '{BROWSER}', '{ALICE}'))
            AS links (id_type, id_value, customer_id)"""
        )
        cursor = connection.execute((SQL / "events_of_customers.sql").read_text())
        names = [column[0] for column in cursor.description]
        return {int(row[names.index("message_id")]): row[names.index("customer_id")] for row in cursor.fetchall()}


def test_without_a_user_id_an_event_is_the_browsers_owners():
    assert owners((None, BROWSER), ("R1", None), (None, "another")) == {0: ALICE, 1: ALICE}


@pytest.mark.parametrize("user_id", ["R2", " R2 "])
def test_a_user_id_that_is_nobodys_is_not_the_browsers_owner(user_id):
    assert owners((user_id, BROWSER)) == {}


@pytest.mark.parametrize("user_id", ["", "undefined", "0000", " NULL "])
def test_a_user_id_that_means_nobody_is_none(user_id):
    assert owners((user_id, BROWSER)) == {0: ALICE}
