"""Feedback onto customers' items, into contacts and out as a file: once, whatever it repeats, and for nobody we do not know."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from lambdas import feedback_writer
from omnichannel.activation import contacts
from omnichannel.activation.suppression import Suppression, Why, suppress
from omnichannel.contracts import zones
from omnichannel.contracts.environment.customers import FeedbackWriterEnv
from omnichannel.view.claim import Claim
from tests.integration.view.conftest import CUSTOMERS, DATABASE, LAKE, SENT, Cloud

NOW = datetime.now(UTC).replace(microsecond=0)
EMAIL = "canary.one@shop.example"


@pytest.fixture
def told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Two customers, and what was reported of messages to them and to others."""
    for name, value in (
        FeedbackWriterEnv(lake_bucket=LAKE, glue_database=DATABASE, customers_table=CUSTOMERS, sent_table=SENT).variables().items()
    ):
        monkeypatch.setenv(name, value)
    for customer in ("c_1", "c_2"):
        cloud.put(CUSTOMERS, {"customer_id": customer, "consents": {}, "version": 1, "updated_at": NOW.isoformat()})
    cloud.trust("messaging_feedback", [
        _row(1, "sent", 3, customer_id="c_1", message_id="m1", campaign="win-back", run="r1"),
        _row(2, "delivered", 2, customer_id="c_1", message_id="m1", campaign="win-back", run="r1"),
        _row(3, "bounce", 1, customer_id="c_2"),
        _row(3, "bounce", 1, customer_id="c_2"),
        _row(4, "complaint", 1, customer_id="c_gone"),
        _row(5, "sent", 1, customer_id="c_gone", message_id="m9"),
        _row(6, "bounce", 1, address=EMAIL),
    ])  # fmt: skip
    cloud.trust("decisions", [
        {"customer_id": "c_1", "run": "r1", "as_of": NOW.date(), "at": NOW - timedelta(days=4), "campaign": "win-back", "action": "a"}
    ])  # fmt: skip
    cloud.land()
    Claim(dynamodb=cloud.dynamodb, table=CUSTOMERS, began_at=NOW).make()
    return cloud


def _row(number: int, kind: str, days: int, **more: str) -> dict[str, Any]:
    return {"event_id": f"f{number}", "sink": "pinpoint", "type": kind, "at": NOW - timedelta(days=days), **more}


def _write() -> dict[str, int]:
    return feedback_writer.handler({"as_of": datetime.now(UTC).isoformat()}, SimpleNamespace())  # type: ignore[arg-type]


def test_feedback_is_written_once_and_about_nobody_who_is_not_there(told: Cloud) -> None:
    first, second = _write(), _write()

    assert first == {"channels_closed": 1, "contacts_added": 1, "outcomes": 1}
    assert second == {"channels_closed": 0, "contacts_added": 0, "outcomes": 1}
    assert told.customers()["c_2"]["suppressed"]["email"]["reason"] == "bounce"
    assert sorted(told.customers()) == ["c_1", "c_2"]
    [contact] = contacts.read(told.dynamodb, SENT, ["c_1", "c_gone"])["c_1"]
    assert (contact.message_id, contact.campaign, contact.channel) == ("m1", "win-back", "email")


def test_a_contact_that_we_recorded_ourselves_is_not_added_again(told: Cloud) -> None:
    ours = contacts.Contact(action="offer", campaign="win-back", channel="email", at=NOW - timedelta(days=3), run="r1", message_id="m1")
    contacts.record(told.dynamodb, SENT, [("c_1", ours)])

    _write()

    assert contacts.read(told.dynamodb, SENT, ["c_1"]) == {"c_1": (ours,)}


def test_what_came_live_and_is_newer_stays(told: Cloud) -> None:
    suppress(told.dynamodb, CUSTOMERS, "c_2", Suppression(channel="email", why=Why.COMPLAINT, at=NOW))

    assert _write()["channels_closed"] == 0
    assert told.customers()["c_2"]["suppressed"]["email"]["reason"] == "complaint"


def test_outcomes_are_a_file_that_names_nobody(told: Cloud) -> None:
    _write()

    body = told.s3.get_object(Bucket=LAKE, Key=f"{zones.view_export('outcomes')}part-000.parquet")["Body"].read()
    [row] = pq.read_table(io.BytesIO(body)).to_pylist()
    assert (row["customer_id"], row["campaign"], row["run"], row["delivered"], row["orders"]) == ("c_1", "win-back", "r1", True, 0)


def test_an_erasure_that_has_begun_is_given_way_to(told: Cloud) -> None:
    Claim(dynamodb=told.dynamodb, table=CUSTOMERS, began_at=datetime.now(UTC) + timedelta(minutes=1)).make()

    assert _write() == {"feedback_gave_way": 1}
    assert contacts.read(told.dynamodb, SENT, ["c_1"]) == {}
    assert "Contents" not in told.s3.list_objects_v2(Bucket=LAKE, Prefix=zones.view_export("outcomes"))


def test_nothing_personal_is_logged(told: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    _write()

    said = capsys.readouterr()
    assert "canary" not in said.out + said.err
    assert "c_1" not in said.out + said.err
