import json
from collections import Counter
from datetime import UTC, datetime

from omnichannel.contracts.privacy import Erased
from omnichannel.privacy.certificate import Findings, Keeping, certificate, readable

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEEPING = Keeping(queue_days=4, dead_letter_days=14, access_log_days=90, consent_years=5)


def found() -> Findings:
    findings = Findings(sinks={"segment": {"asked_at": "t", "status": "RUNNING", "regulations": ["r1"], "settled": True}})
    for rows in (3, 0):
        findings.add_table("orders_changes", Erased(id="e1", table="orders_changes", rows=rows, snapshots=2))
    findings.add_objects({"landing": {"looked": 5, "rewritten": 2, "pending": 1}})
    findings.add_objects({"landing": {"looked": 4, "left": 1}})
    findings.state = Counter(customers=5)
    findings.proof = {"objects": 1200, "bytes": 3_000_000, "items": 40, "tables": 5, "buckets": 4, "found": 0}
    return findings


def test_rounds_and_portions_are_added_up():
    told = certificate("e1", "asked", NOW, [{"kind": "email", "sha256": "ab"}], {"loyalty_card": 1}, found(), KEEPING)

    removed = told["removed"]
    assert removed["trusted tables"] == {"orders_changes": {"rows": 3, "files": 0, "snapshots": 4, "objects": 0}}
    assert removed["objects"]["landing"] == {"looked": 9, "rewritten": 2, "removed": 0, "records": 0, "versions": 0, "left": 1}
    assert json.loads(json.dumps(told)) == told


def test_what_is_kept_and_what_ages_out_is_said_with_reasons():
    told = certificate("e1", "asked", NOW, [], {"loyalty_card": 1}, found(), KEEPING)

    kept = " ".join(each["what"] for each in told["kept"])
    assert "1 loyalty_card" in kept
    assert "1 archives" in kept
    assert "locked for 5 years" in kept
    assert {each["days"] for each in told["ages_out"]} >= {3, 4, 14, 30, 35, 90}
    assert told["sinks"]["segment"]["regulations"] == ["r1"]


def test_a_person_can_read_it():
    text = readable(certificate("e1", "asked", NOW, [{"kind": "email", "sha256": "ab"}], {}, found(), KEEPING))

    assert "| landing zone | 9 looked, 2 rewritten, 1 left |" in text
    assert "1,200 object versions (3,000,000 bytes) in 4 buckets and 40 items in 5 tables were read: 0 name the person." in text
    assert "- email `ab`" in text
