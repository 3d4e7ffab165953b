"""What leaves for Segment, as files that a person can read: `tests/golden/segment/`. `OMNI_GOLDEN=write` writes them anew."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest

from lambdas import segment_bridge, segment_files
from omnichannel.activation import audience
from omnichannel.aws import clients
from omnichannel.contracts.decisions import Decision
from omnichannel.ledger.tally import closes
from omnichannel.playbook.actions import playbook

FOLDER = Path(__file__).parents[2] / "golden" / "segment"
AS_OF = "2026-03-01"


def _decision(number: int, action: str, *items: str, **more: object) -> dict[str, object]:
    if not action:
        return Decision(customer_id=f"c_{number:04d}", at="2026-03-01T06:00:00Z").to_dict()
    about = {"action": action, "campaign": CAMPAIGNS[action], "channel": "email", "p": 0.62, "value": 18.5, "score": 11.47, **more}
    return Decision(customer_id=f"c_{number:04d}", at="2026-03-01T06:00:00Z", items=items, **about).to_dict()


CAMPAIGNS = {action.name: action.campaign for action in playbook().actions}
CHURN = {"churn_propensity": 0.913, "churn_band": "high"}
REPURCHASE = {"repurchase_propensity": 0.124, "repurchase_band": "low"}
PEOPLE = [
    ("CRM-1", {**CHURN, **REPURCHASE, "customer_segment": "Sleepers"}, _decision(0, "win-back-recommended", "P-100", "P-204", "P-317")),
    ("CRM-2", {**REPURCHASE, "customer_segment": 'Müßig, "laut" & 客'}, _decision(1, "complement", "P-511", channel="push")),
    ("CRM-3", CHURN, _decision(2, "renewal-offer", value=0.0)),
    ("CRM-4", {**REPURCHASE, "customer_segment": "Regulars"}, _decision(3, "")),
    ("CRM-5", CHURN, _decision(4, "win-back-voucher", "P-100")),
]
"""Everything; text that needs care; no items; nothing decided; and one who has not consented."""


@pytest.fixture
def asked(retailer):
    records = []
    for number, (ref, traits, decision) in enumerate(PEOPLE):
        retailer.customer(number, customer_ref=ref, **({"consents": None} if ref == "CRM-5" else {}))
        known = {"next_best_action": decision["action"], "recommended_items": decision["items"]} if decision["action"] else {}
        records.append(
            {
                "customer_id": f"c_{number:04d}",
                "customer_ref": ref,
                "traits": {**traits, **known, "propensity_as_of": AS_OF},
                "scores": {},
                "decision": decision,
            }
        )
    index = audience.write(clients.client("s3"), "lake", run="run-1", as_of=AS_OF, records=records, part_size=10)
    return {"run": "run-1", "as_of": AS_OF, "part": index["parts"][0], "offset": 0}


def _same_as(name: str, body: bytes) -> None:
    if os.environ.get("OMNI_GOLDEN") == "write":
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(body)
    assert body.decode() == (FOLDER / name).read_text(encoding="utf-8")


def test_a_batch_of_identify_calls(retailer, asked, monkeypatch):
    bodies = []

    class Connection:
        def request(self, method, url, *, body, headers, **_):
            bodies.append(json.loads(gzip.decompress(body)))
            return type("Reply", (), {"status": 200, "headers": {}})

    monkeypatch.setattr(segment_bridge, "_connections", Connection)
    segment_bridge.handler(asked, retailer.context)

    (batch,) = bodies
    _same_as("identify_batch.json", (json.dumps(batch, indent=2, ensure_ascii=False) + "\n").encode())


def test_the_actions_that_the_example_and_the_guide_name_are_the_playbook_s():
    batch = json.loads((FOLDER / "identify_batch.json").read_text(encoding="utf-8"))["batch"]
    named = {event["traits"]["next_best_action"] for event in batch if "next_best_action" in event["traits"]}
    guide = (FOLDER.parents[2] / "docs" / "activation.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`next_best_action` equals `([^`]+)`", guide))
    told |= set(re.findall(r"\| `next_best_action` \| text \|.*\| `([^`]+)` \|", guide))

    assert named
    assert told
    assert named | told <= {action.name for action in playbook().actions}


def test_the_two_files_of_a_part(retailer, asked):
    segment_files.handler(asked, retailer.context)

    files = {key.rpartition("/")[2]: body for key, body in retailer.lake("activation/run=run-1/segment/").items()}
    assert set(files) == {"identify_part-000.csv", "track_part-000.csv"}
    _same_as("identify.csv", files["identify_part-000.csv"])
    _same_as("track.csv", files["track_part-000.csv"])


def test_the_files_have_a_ledger_as_the_api_has(retailer, asked):
    segment_files.handler(asked, retailer.context)

    row = retailer.close(asked, "segment")[0]
    assert (row["in"], row["delivered"], row["withheld"], closes(row)) == (5, 4, {"no-consent": 1}, True)


def test_who_has_the_traits_is_not_in_the_next_run_s_files(retailer, asked):
    segment_files.handler(asked, retailer.context)
    records = [
        {"customer_id": "c_0003", "customer_ref": "CRM-4", "traits": {**PEOPLE[3][1], "propensity_as_of": AS_OF}, "scores": {}},
        {"customer_id": "c_0002", "customer_ref": "CRM-3", "traits": {**CHURN, "churn_band": "low"}, "scores": {}},
    ]
    index = audience.write(clients.client("s3"), "lake", run="run-2", as_of=AS_OF, records=records, part_size=10)

    segment_files.handler({**asked, "run": "run-2", "part": index["parts"][0]}, retailer.context)

    (body,) = retailer.lake("activation/run=run-2/segment/").values()
    assert [line.split(",")[0] for line in body.decode().splitlines()] == ["userId", "CRM-3"]


def test_written_again_the_files_are_the_same_without_whom_has_withdrawn_since(retailer, asked):
    segment_files.handler(asked, retailer.context)
    before = retailer.lake("activation/run=run-1/segment/")
    segment_files.handler(asked, retailer.context)
    same = retailer.lake("activation/run=run-1/segment/")
    retailer.customer(0, customer_ref="CRM-1", consents=None)
    segment_files.handler(asked, retailer.context)

    after = retailer.lake("activation/run=run-1/segment/")
    assert same == before
    assert all(b"CRM-1," in body for body in before.values())
    assert not any(b"CRM-1," in body for body in after.values())


def test_who_is_held_out_is_in_no_file(retailer, asked, monkeypatch):
    monkeypatch.setenv("HOLDOUT", '{"salt": "any", "share": 1}')

    segment_files.handler(asked, retailer.context)

    assert retailer.lake("activation/run=run-1/segment/") == {}
    assert retailer.close(asked, "segment")[0]["withheld"] == {"holdout": 5}
