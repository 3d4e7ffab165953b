"""What came of messages: whoever reports it, late, twice, out of order or about nobody, customers' contacts and outcomes are the same."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.contracts.datasets import EVENTS, MESSAGING_FEEDBACK
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.own_data import ACTIVATION_LOG, DECISIONS
from omnichannel.identity.normalise import email_sha256
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = START + timedelta(days=20)
LINKS = [
    {"customer_id": "c_1", "id_type": "customer_ref", "id_value": "R1", "valid_from": START},
    {"customer_id": "c_1", "id_type": "email_sha256", "id_value": email_sha256("one@shop.example"), "valid_from": START},
    {"customer_id": "c_2", "id_type": "customer_ref", "id_value": "R2", "valid_from": START},
    {"customer_id": "c_old", "id_type": "loyalty_card", "id_value": "L1", "valid_from": START - timedelta(days=9), "valid_to": START},
    {"customer_id": "c_1", "id_type": "loyalty_card", "id_value": "L1", "valid_from": START},
]


EMPTY = (EVENTS.table, MESSAGING_FEEDBACK.table, DECISIONS.table, ACTIVATION_LOG.table, "orders_changes")


LIVE = {"customer_id": "c_1", "run": "live-2026-03-02", "campaign": "win-back"}


def at(days: float) -> datetime:
    return START + timedelta(days=days)


class Said:
    """Rows of the lake's tables, and what is made of them."""

    def __init__(self, work):
        self.work, self.rows = work, {**dict.fromkeys(EMPTY, ()), LINKS_TABLE: LINKS}

    def add(self, table, row):
        self.rows[table] = [*self.rows[table], row]

    def feedback(self, number, kind, days, **more):
        who = {} if {"address", "customer_id"} & more.keys() else {"customer_id": "c_1"}
        row = {"event_id": f"f{number}", "sink": "pinpoint", "type": kind, "at": at(days), **who, **more}
        self.add(MESSAGING_FEEDBACK.table, row)

    def event(self, number, name, days, **more):
        row = {"message_id": f"m{number}", "type": "track", "event": name, "timestamp": at(days), "user_id": "R1", **more}
        self.add(EVENTS.table, row)

    def decided(self, days, *, run="r1", customer="c_1", campaign="win-back"):
        row = {"customer_id": customer, "run": run, "at": at(days), "campaign": campaign, "action": "offer", "channel": "email"}
        self.add(DECISIONS.table, row)

    def delivered(self, sink, *, run="r1", customer="c_1", status="delivered", campaign=None, days=0):
        row = {"customer_id": customer, "run": run, "sink": sink, "status": status, "campaign": campaign, "at": at(days)}
        self.add(ACTIVATION_LOG.table, row)

    def ordered(self, order, days, total="10", status="completed"):
        row = {
            "op": "I", "source_ts": at(days), "order_id": order, "customer_ref": "R1", "ordered_at": at(days), "channel": "web",
            "status": status, "total": total, "currency": "EUR",
        }  # fmt: skip
        self.add("orders_changes", row)

    def made(self, name, now=NOW):
        lake = Lake(None, "trusted", self.work, as_of=now, memory_mb=256, threads=1)
        for table, rows in self.rows.items():
            schema = arrow_schema(TABLES[table])
            lined = [{**row, "_content_id": "f", "_line": n} if "_line" in schema.names else row for n, row in enumerate(rows)]
            exact = [{n: pa.scalar(v).cast(schema.field(n).type).as_py() if n == "total" else v for n, v in row.items()} for row in lined]
            lake.put(table, pa.Table.from_pylist(exact, schema=schema))
        lake.build(name)
        found = lake.rows(f"SELECT * FROM {name} ORDER BY ALL")  # noqa: S608 - our own names
        lake.close()
        return found


@pytest.fixture
def said(tmp_path):
    return Said(tmp_path)


def short(rows, *columns):
    return [tuple(row[column] for column in columns) for row in rows]


def test_the_last_reason_closes_a_channel_in_whatever_order_and_however_often_it_is_told(said):
    said.feedback(1, "complaint", 5)
    said.feedback(2, "bounce", 3)
    said.feedback(1, "complaint", 5)
    said.feedback(3, "suppress", 4, channel="any")
    said.feedback(4, "open", 9)

    found = said.made("suppressions")

    assert short(found, "customer_id", "channel", "type", "at") == [("c_1", "any", "suppress", at(4)), ("c_1", "email", "complaint", at(5))]


def test_a_soft_bounce_closes_nothing(said):
    said.feedback(1, "bounce", 3, bounce="soft")
    said.feedback(2, "bounce", 4, channel="sms", bounce="hard")

    assert short(said.made("suppressions"), "channel", "type") == [("sms", "bounce")]


def test_segments_campaign_events_say_the_same_as_feedback(said):
    said.event(1, "Email Bounced", 1)
    said.event(2, "Email Marked as Spam", 2, user_id=None, recipient_email="One@shop.example")
    said.event(3, "Push Notification Bounced", 3, user_id="R2")

    found = said.made("suppressions")

    assert short(found, "customer_id", "channel", "type") == [("c_1", "email", "complaint"), ("c_2", "push", "bounce")]


def test_an_address_is_its_customers_a_merged_one_is_the_survivors_and_a_strangers_is_nobodys(said):
    said.feedback(1, "bounce", 1, address="ONE@shop.example")
    said.feedback(2, "bounce", 1, channel="sms", customer_id="c_old")
    said.feedback(3, "bounce", 1, address="stranger@shop.example")
    said.event(4, "Email Bounced", 1, user_id="stranger")

    assert short(said.made("suppressions"), "customer_id", "channel") == [("c_1", "email"), ("c_1", "sms")]


def test_contacts_of_others_count_once_a_message_and_without_an_id_once_a_day(said):
    said.feedback(1, "sent", 1, message_id="x1", campaign="spring", run="r9")
    said.feedback(2, "delivered", 1.1, message_id="x1", campaign="spring", run="r9")
    said.feedback(3, "sent", 2, campaign="newsletter")
    said.event(4, "Email Delivered", 2.2, campaign_id="newsletter")
    said.feedback(5, "open", 3, message_id="x1")

    found = said.made("contacts_made")

    assert short(found, "message_id", "campaign", "run", "at") == [
        ("email/newsletter/2026-03-03", "newsletter", "", at(2)),
        ("x1", "spring", "r9", at(1)),
    ]


def test_sent_and_delivered_on_either_side_of_midnight_are_one_message(said):
    said.feedback(1, "sent", 0.999, campaign="newsletter")
    said.feedback(2, "delivered", 1.001, campaign="newsletter")
    said.event(3, "Email Delivered", 2.6, campaign_id="newsletter")
    said.feedback(4, "delivered", 2.7, campaign="newsletter")
    said.feedback(5, "sent", 3, campaign="newsletter")

    ids = [row[0] for row in short(said.made("contacts_made"), "message_id")]

    assert ids == [f"email/newsletter/2026-03-0{day}" for day in (1, 3, 4)]


REPORTS = st.tuples(
    st.sampled_from(["sent", "delivered"]), st.integers(0, 8 * 24 * 60), st.sampled_from(["spring", "fall", None]),
    st.sampled_from(["email", "sms"]), st.sampled_from([None, None, "x1", "x2"]),
)  # fmt: skip


def counted(reports):
    """Plainly: ids, and of what has none the campaign's days, but for deliveries of what was sent before."""
    found = set()
    for kind, minute, campaign, channel, name in reports:
        about = any(
            (other == "sent" or its) and where == channel and what == campaign and -1 <= minute - then <= 36 * 60
            for other, then, what, where, its in reports
        )
        if name or kind == "sent" or not about:
            found.add(name or f"{channel}/{campaign or ''}/2026-03-{1 + minute // (24 * 60):02}")
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REPORTS, max_size=8))
def test_contacts_are_counted_as_the_plain_words_say(tmp_path, reports):
    said = Said(tmp_path)
    for number, (kind, minute, campaign, channel, name) in enumerate(reports):
        said.feedback(number, kind, minute / (24 * 60), campaign=campaign, channel=channel, message_id=name)

    assert {row["message_id"] for row in said.made("contacts_made")} == counted(reports)


def test_contacts_older_than_caps_reach_are_left_out(said):
    said.feedback(1, "sent", -45, message_id="old")
    said.feedback(2, "sent", 1, message_id="new")

    assert short(said.made("contacts_made"), "message_id") == [("new",)]


def test_outcomes_are_what_followed_a_decision_within_its_campaigns_window(said):
    said.decided(0)
    said.delivered("pinpoint")
    said.feedback(1, "delivered", 0.1, run="r1", campaign="win-back")
    said.feedback(2, "open", 1, campaign="win-back")
    said.event(3, "Email Link Clicked", 2, campaign="win-back")
    said.feedback(4, "unsubscribe", 2, campaign="another")
    said.ordered("before", -1)
    said.ordered("first", 3, "10.25")
    said.ordered("second", 4, "5")
    said.ordered("gone", 4, "7", status="cancelled")

    [found] = said.made("outcomes")

    assert short([found], "customer_id", "campaign", "run", "sent", "delivered", "opened", "clicked", "unsubscribed", "closed") == [
        ("c_1", "win-back", "r1", True, True, True, True, False, False)
    ]
    assert (found["orders"], str(found["revenue"])) == (2, "15.2500")


def test_a_decision_that_nothing_followed_has_an_outcome_too(said):
    said.decided(0, campaign="no-longer-there")
    said.delivered("segment")
    said.delivered("pinpoint", status="withheld")

    [found] = said.made("outcomes", NOW + timedelta(days=9))

    assert short([found], "sent", "delivered", "orders", "closed") == [(False, False, 0, True)]


def test_every_live_decision_of_a_day_is_kept_and_its_outcomes_count_once(said):
    said.decided(1, run="live-2026-03-02")
    said.decided(1.2, run="live-2026-03-02", campaign="renewal")
    said.decided(1.3, run="live-2026-03-02")
    said.decided(1.3, run="live-2026-03-02")
    said.ordered("o1", 2)

    assert short(said.made("decisions_once"), "at", "campaign") == [(at(1), "win-back"), (at(1.2), "renewal"), (at(1.3), "win-back")]
    assert sorted(short(said.made("campaign_purchases"), "campaign", "orders")) == [("renewal", 1), ("win-back", 1)]


def test_what_followed_live_decisions_of_a_day_is_told_of_the_first_of_them_whole(said):
    said.add(DECISIONS.table, {**LIVE, "at": at(1), "action": "voucher", "channel": "email"})
    said.add(DECISIONS.table, {**LIVE, "at": at(1.2), "action": "reminder", "channel": "sms"})
    said.add(DECISIONS.table, {**LIVE, "at": at(1.3), "action": "voucher", "channel": "app"})

    assert short(said.made("outcomes"), "action", "channel", "decided_at") == [("voucher", "email", at(1))]


def test_of_two_campaigns_of_one_day_the_one_that_was_delivered_is_told_as_sent(said):
    said.decided(1, run="live-2026-03-02")
    said.decided(1.2, run="live-2026-03-02", campaign="renewal")
    said.delivered("file", run="live-2026-03-02", campaign="win-back", status="withheld", days=1.1)
    said.delivered("file", run="live-2026-03-02", campaign="renewal", days=1.21)

    assert short(said.made("outcomes"), "campaign", "sent") == [("renewal", True), ("win-back", False)]


def test_a_delivery_to_one_of_two_customers_who_are_one_by_now_is_of_its_own_campaign(said):
    said.decided(0, customer="c_old")
    said.decided(0, customer="c_1", campaign="renewal")
    said.delivered("file", customer="c_old", campaign="win-back")

    assert short(said.made("outcomes"), "customer_id", "campaign", "sent") == [("c_1", "renewal", False), ("c_1", "win-back", True)]


def test_a_delivery_that_does_not_say_its_campaign_is_of_the_runs_decision(said):
    said.decided(0)
    said.delivered("file")
    said.delivered("pinpoint", campaign="win-back")

    assert short(said.made("outcomes"), "campaign", "sent") == [("win-back", True)]


def test_feedback_that_tells_its_run_belongs_to_that_run_alone_however_late(said):
    said.decided(0, run="r1")
    said.decided(5, run="r2")
    said.feedback(1, "open", 19, run="r1", campaign="win-back")
    said.feedback(2, "click", 6, campaign="win-back")

    found = said.made("outcomes")

    assert short(found, "run", "opened", "clicked") == [("r1", True, True), ("r2", False, True)]


def test_what_was_decided_for_a_merged_customer_counts_for_the_survivor(said):
    said.decided(0, customer="c_old")
    said.ordered("first", 3)

    assert short(said.made("outcomes"), "customer_id", "orders") == [("c_1", 1)]


def test_nothing_at_or_after_the_moment_has_an_effect(said):
    said.decided(0)
    said.feedback(1, "bounce", 20)
    said.ordered("late", 20)

    assert said.made("suppressions") == []
    assert short(said.made("outcomes"), "bounced", "orders") == [(False, 0)]


def test_feedback_that_tells_its_run_and_no_campaign_is_of_the_one_that_the_run_decided_for(said):
    said.decided(0, run="r1")
    said.decided(0, run="r2", campaign="renewal")
    said.decided(1, run="r2")
    said.feedback(1, "open", 2, run="r1")
    said.feedback(2, "click", 2, run="r2")

    found = said.made("outcomes")

    assert short(found, "campaign", "run", "opened", "clicked") == [
        ("renewal", "r2", False, False), ("win-back", "r1", True, False), ("win-back", "r2", False, False),
    ]  # fmt: skip


def test_a_push_tells_its_campaign_where_segments_mobile_spec_has_it(said):
    said.decided(0)
    said.event(1, "Push Notification Tapped", 1, push_campaign="win-back")

    assert short(said.made("outcomes"), "campaign", "clicked") == [("win-back", True)]
