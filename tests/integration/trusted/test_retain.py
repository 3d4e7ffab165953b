"""The committer deletes consents that were superseded long ago: once, whole, and nothing of whom a legal hold protects."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.trusted import Retain
from omnichannel.identity.normalise import email_sha256
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.privacy import holds
from omnichannel.trusted import requests
from tests.integration.trusted.conftest import PRIVACY

YEARS = 5
NOW = datetime.now(UTC)


def consent(number, years_ago, granted=True, **who):
    return {"consent_id": f"k{number}", "purpose": "marketing", "channel": "email", "granted": granted, "source": "form",
            "recorded_at": NOW - timedelta(days=366 * years_ago)} | who  # fmt: skip


@pytest.fixture
def told(lake):
    """Two people, each of whom changed their mind long ago, over two files."""
    lake.deliver(
        lake.stage("f1", consent(1, 9, customer_ref="R-ANN"), consent(2, 9, email=" Ben@Shop.example"), dataset="consents"),
        lake.stage("f2", consent(3, 7, granted=False, customer_ref="R-ANN"), consent(4, 7, email="Ben@Shop.example"), dataset="consents"),
    )
    lake.deliver(lake.stage("f3", consent(5, 6, email=" Ben@Shop.example"), consent(6, 1, customer_ref="R-ANN"), dataset="consents"))
    links = [("c_ann", "customer_ref", "R-ANN"), ("c_ben", "email_sha256", email_sha256("ben@shop.example"))]
    rows = [{"customer_id": c, "id_type": t, "id_value": v, "valid_from": NOW} for c, t, v in links]
    lake.table(LINKS_TABLE).append(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[LINKS_TABLE])))
    return lake


def left(lake):
    return sorted(lake.rows("consents")["consent_id"].to_pylist())


def test_what_was_superseded_before_the_kept_years_goes_and_the_answer_counts_it(told):
    request = Retain.of("night-1", YEARS)

    assert told.deliver(request) == []

    answer = told.json(request.result_key)
    assert left(told) == ["k3", "k4", "k5", "k6"]  # an address that is spelt otherwise is a matter of its own
    assert (answer["rows"], answer["request"]) == (2, "retain")


def test_the_same_request_again_and_one_of_the_next_night_delete_no_more(told):
    told.deliver(Retain.of("night-1", YEARS), Retain.of("night-1", YEARS))
    snapshots = len(told.snapshots("consents"))

    told.deliver(Retain.of("night-2", YEARS))

    assert len(told.snapshots("consents")) == snapshots
    assert told.json(Retain.of("night-2", YEARS).result_key)["rows"] == 0


def test_a_crash_between_the_commit_and_the_answer_still_tells_what_was_deleted(told, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(requests, "_answer", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        assert told.deliver(Retain.of("night-1", YEARS)) == ["0"]

    told.deliver(Retain.of("night-1", YEARS))

    assert told.json(Retain.of("night-1", YEARS).result_key)["rows"] == 2


def test_a_legal_hold_keeps_every_entry_of_that_person(told):
    holds.hold(told.dynamodb, PRIVACY, "c_ben", "court", None, NOW)

    told.deliver(Retain.of("night-1", YEARS))

    assert left(told) == ["k2", "k3", "k4", "k5", "k6"]


def test_a_hold_that_has_ended_keeps_nothing(told):
    holds.hold(told.dynamodb, PRIVACY, "c_ben", "court", date(2020, 1, 1), NOW)

    told.deliver(Retain.of("night-1", YEARS))

    assert left(told) == ["k3", "k4", "k5", "k6"]


def test_a_hold_on_a_former_id_keeps_what_all_ids_of_the_person_name(told):
    former = {"customer_id": "c_old", "id_type": "customer_ref", "id_value": "R-ANN", "valid_from": NOW, "valid_to": NOW}
    other = {"customer_id": "c_ann", "id_type": "email_sha256", "id_value": email_sha256("ben@shop.example"), "valid_from": NOW}
    told.table(LINKS_TABLE).append(pa.Table.from_pylist([former, other], schema=arrow_schema(TABLES[LINKS_TABLE])))
    holds.hold(told.dynamodb, PRIVACY, "c_old", "court", None, NOW)

    told.deliver(Retain.of("night-1", YEARS))

    assert len(left(told)) == 6


def test_a_table_without_old_entries_is_left_alone(told):
    snapshots = len(told.snapshots("consents"))

    told.deliver(Retain.of("night-1", 20))

    assert len(told.snapshots("consents")) == snapshots
