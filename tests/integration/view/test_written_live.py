"""Consents and scores that others write onto customers' items, each by its own time."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lambdas import consent_writer
from omnichannel.activation.audience import write as write_audience
from omnichannel.consent.live import Decision, apply
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.events import BUS_SOURCE
from omnichannel.contracts.store import IdType, link_key
from omnichannel.realtime.events import parse
from omnichannel.view.scores import Written, write_scores
from tests.integration.view.building import Meanwhile
from tests.integration.view.conftest import CUSTOMERS, LAKE, Cloud

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture
def customer(cloud: Cloud) -> Cloud:
    """One customer, whom a rebuild has written."""
    cloud.put(
        CUSTOMERS,
        {"customer_id": "c_1", "consents": {}, "version": 1, "updated_at": NOON.isoformat()},
        {"customer_id": link_key(IdType.CUSTOMER_REF, "ref-00042"), "customer": "c_1"},
    )
    return cloud


def decided(granted, at):
    return Decision(purpose=Purpose.MARKETING, channel=Channel.EMAIL, granted=granted, at=at)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("then", "after", "holds"), [(True, 1, True), (False, 1, False), (False, 0, False), (True, -1, None)])
def test_the_later_decision_holds_and_at_the_same_time_the_refusal(customer: Cloud, first, then, after, holds):
    apply(customer.dynamodb, CUSTOMERS, "c_1", [decided(first, NOON)])

    apply(customer.dynamodb, CUSTOMERS, "c_1", [decided(then, NOON + timedelta(microseconds=after))])

    assert customer.customers()["c_1"]["consents"]["marketing/email"]["granted"] is (first if holds is None else holds)


def test_at_the_same_time_no_consent_overrides_a_refusal(customer: Cloud):
    written = [apply(customer.dynamodb, CUSTOMERS, "c_1", [decided(granted, NOON)]) for granted in (False, True, False)]

    assert written == [1, 0, 0]
    assert customer.customers()["c_1"]["version"] == 2


def test_nobody_gets_an_item_by_a_consent(customer: Cloud):
    written = apply(customer.dynamodb, CUSTOMERS, "c_2", [decided(True, NOON)])

    assert (written, "c_2" in customer.customers()) == (0, False)


def record(number, **changes):
    message = {**json.loads((EVENTS / "segment_product_viewed.json").read_text()), **changes}
    event = parse(message, received_at=datetime(2027, 1, 1, tzinfo=UTC))
    envelope = {"detail-type": event.detail_type, "source": BUS_SOURCE, "detail": event.to_detail()}
    return {"messageId": f"sqs-{number}", "body": json.dumps(envelope)}


def test_a_preference_on_the_bus_reaches_the_gate(customer: Cloud, caplog):
    preferences = {"consent": {"categoryPreferences": {"Personalization": False, "Functional": True, "Odd": "yes"}}}
    told = record(1, event="Segment Consent Preference Updated", userId="ref-00042", context=preferences)
    nobody = record(2, event="Unsubscribed", userId="ref-nobody", anonymousId="nobody")

    answer = consent_writer.handler({"Records": [told, nobody, {"messageId": "sqs-3", "body": "{}"}]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "sqs-3"}]}
    assert {key: c["granted"] for key, c in customer.customers()["c_1"]["consents"].items()} == {"personalization/web": False}
    assert "ref-00042" not in caplog.text


def test_a_live_bounce_or_complaint_closes_the_channel_at_once(customer: Cloud, caplog):
    bounced = record(1, event="Push Notification Bounced", userId="ref-00042", timestamp="2026-01-05T12:00:00Z")
    spam = record(2, event="Email Marked as Spam", userId="ref-00042", timestamp="2026-01-05T12:00:00Z")
    nobody = record(3, event="Email Bounced", userId="ref-nobody", anonymousId="nobody")

    answers = [consent_writer.handler({"Records": [bounced, spam, nobody]}, None) for _ in range(2)]

    item = customer.customers()["c_1"]
    assert answers == [{"batchItemFailures": []}] * 2
    assert {channel: why["reason"] for channel, why in item["suppressed"].items()} == {"push": "bounce", "email": "complaint"}
    assert item["consents"]["marketing/email"]["granted"] is False
    assert "ref-00042" not in caplog.text


PREFERENCE = "Segment Consent Preference Updated"


@pytest.mark.parametrize(
    ("user_id", "said"),
    [("ref-stranger", {}), ("null", {"personalization/web": True}), (None, {"personalization/web": True})],
)
def test_who_signs_in_on_somebody_elses_browser_decides_nothing_for_them(customer: Cloud, user_id, said):
    """`null` is what programs write where nobody has signed in."""
    customer.put(CUSTOMERS, {"customer_id": link_key(IdType.ANONYMOUS_ID, "anon-7f3a"), "customer": "c_1"})
    preferences = {"consent": {"categoryPreferences": {"Personalization": True}}}

    consent_writer.handler({"Records": [record(1, event=PREFERENCE, userId=user_id, context=preferences)]}, None)

    assert {key: c["granted"] for key, c in customer.customers()["c_1"]["consents"].items()} == said


def test_who_signs_in_on_somebody_elses_browser_closes_no_channel_of_theirs(customer: Cloud):
    customer.put(CUSTOMERS, {"customer_id": link_key(IdType.ANONYMOUS_ID, "anon-7f3a"), "customer": "c_1"})

    consent_writer.handler({"Records": [record(1, event="Email Marked as Spam", userId="ref-stranger")]}, None)

    item = customer.customers()["c_1"]
    assert (item["consents"], item.get("suppressed")) == ({}, None)


def test_a_bounce_that_names_a_browser_alone_closes_no_channel_of_its_owner(customer: Cloud):
    """The recipient's address, which the bus does not carry, may be somebody else's: the lake knows it."""
    customer.put(CUSTOMERS, {"customer_id": link_key(IdType.ANONYMOUS_ID, "anon-7f3a"), "customer": "c_1"})

    consent_writer.handler({"Records": [record(1, event="Email Bounced", userId=None)]}, None)

    assert customer.customers()["c_1"].get("suppressed") is None


def score(value, run):
    return {"churn": {"score": value, "band": "low", "decile": 3, "run": run}}


def test_scores_are_written_once_and_newer_ones_stay(customer: Cloud):
    def write(value, run, as_of):
        return write_scores(customer.dynamodb, CUSTOMERS, [("c_1", score(value, run)), ("c_no", score(1, run))], as_of=as_of, at="t")

    counts = [
        write(0.1, "r1", "2026-01-02"),
        write(0.1, "r1", "2026-01-02"),
        write(0.2, "r2", "2026-01-03"),
        write(0.3, "r0", "2026-01-01"),
    ]

    assert counts == [Written(1, 0, 1), Written(0, 1, 1), Written(1, 0, 1), Written(0, 1, 1)]
    assert customer.customers()["c_1"]["scores"] == {
        "churn": {"score": Decimal("0.2"), "band": "low", "decile": 3, "run": "r2", "as_of": "2026-01-03", "at": "t"}
    }


def test_of_one_date_the_scores_written_later_stay(customer: Cloud):
    def write(run, order):
        return write_scores(customer.dynamodb, CUSTOMERS, [("c_1", score(0.1, run))], as_of="2026-01-02", at="t", order=order)

    counts = [write("late", "b"), write("early", "a"), write("unordered", ""), write("later", "c")]

    assert counts == [Written(1, 0, 0), Written(0, 1, 0), Written(1, 0, 0), Written(1, 0, 0)]
    assert customer.customers()["c_1"]["scores"]["churn"]["order"] == "c"


def test_an_older_run_that_reads_before_a_newer_one_writes_changes_nothing(customer: Cloud):
    def newer():
        write_scores(customer.dynamodb, CUSTOMERS, [("c_1", score(0.9, "new"))], as_of="2026-02-01", at="t")

    old = Meanwhile(customer.dynamodb, newer)
    counts = write_scores(old, CUSTOMERS, [("c_1", score(0.1, "old"))], as_of="2026-01-01", at="t")

    assert counts == Written(0, 1, 0)
    assert customer.customers()["c_1"]["scores"]["churn"]["run"] == "new"


def test_each_model_has_its_own_time(customer: Cloud):
    write_scores(customer.dynamodb, CUSTOMERS, [("c_1", score(0.1, "r1"))], as_of="2026-01-02", at="t")

    both = {**score(0.2, "r0"), "repurchase": {"score": 0.5, "band": "low", "decile": 1, "run": "r0"}}
    write_scores(customer.dynamodb, CUSTOMERS, [("c_1", both)], as_of="2026-01-01", at="t")

    found = customer.customers()["c_1"]["scores"]
    assert {model: entry["as_of"] for model, entry in found.items()} == {"churn": "2026-01-02", "repurchase": "2026-01-01"}


def test_a_part_of_an_audience_brings_its_scores(customer: Cloud, monkeypatch):
    from lambdas import score_writer

    line = {"customer_id": "c_1", "customer_ref": None, "traits": {}, "scores": score(0.5, "r1")}
    index = write_audience(customer.s3, LAKE, run="a", as_of="2026-01-01", records=[line], part_size=1, order="2026-01-01|08|a")

    answer = score_writer.handler({"run": "a", "as_of": "2026-01-01", "part": index["parts"][0]}, None)

    assert answer == {"done": True, "written": 1, "kept": 0, "unknown": 0}
    assert customer.customers()["c_1"]["scores"]["churn"]["order"] == "2026-01-01|08|a"
