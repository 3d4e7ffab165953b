"""The file for whoever sends the messages, as it is read there: `tests/golden/file/`. `OMNI_GOLDEN=write` writes it anew."""

import csv
import io
import os
from pathlib import Path

from omnichannel.activation import file_adapter
from omnichannel.activation.file_adapter import COLUMNS
from omnichannel.activation.messaging import Recipient
from omnichannel.activation.parts import Member
from omnichannel.campaigns.messages import Message
from omnichannel.contracts.decisions import Decision

GOLDEN = Path(__file__).parents[2] / "golden" / "file" / "part-000.csv"
TRAITS = {"churn_propensity": 0.812, "churn_band": "high", "propensity_as_of": "2026-03-01"}


def _recipient(number, address, channel="email", decision=None, **traits):
    customer_id = f"c_{number:04d}"
    member = Member(customer_id, "", {**TRAITS, **traits})
    decided = Decision(customer_id=customer_id, at="2026-03-01T06:00:00+00:00", channel=channel, **decision) if decision else None
    return Recipient(member=member, channel=channel, address=address, item={}, traits_hash="h", message_id="m", decision=decided)


WIN_BACK = {"action": "win-back-recommended", "campaign": "win-back", "not_before": "2026-03-02T07:00:00+00:00", "items": ("p1", "p2")}
RECIPIENTS = [
    _recipient(
        1,
        "ada@example.org",
        decision=WIN_BACK,
        next_best_action="win-back-recommended",
        recommended_items=["p1", "p2"],
        customer_segment='Müßig, "laut" & 客',
    ),
    _recipient(2, "+491511234567", "sms", {"action": "renewal-offer", "campaign": "renewal"}, repurchase_propensity=0.05),
    _recipient(3, "eve@example.org"),
]
"""With products, text that needs care and quiet hours; a text message; and one for whom there is nothing to do."""
MESSAGES = {
    "c_0001": Message(subject='We kept "these", for you 🍷', body="Hello Zoë,\n\n- Crémant, 9.90 €\n- Grüße; مرحبا\n", fallbacks=()),
    "c_0002": Message(subject="", body="15 % off, until Friday", fallbacks=()),
}


def test_the_file_is_the_golden_one():
    made = file_adapter.as_csv(RECIPIENTS, MESSAGES)
    if os.environ.get("OMNI_GOLDEN") == "write":
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_bytes(made)

    assert made == GOLDEN.read_bytes()


def test_a_spreadsheet_reads_what_was_meant():
    rows = list(csv.DictReader(io.StringIO(GOLDEN.read_bytes().decode("utf-8"), newline="")))

    assert [tuple(row) for row in rows] == [COLUMNS] * len(RECIPIENTS)
    assert [row["address"] for row in rows] == [each.address for each in RECIPIENTS]
    assert [row["body"] for row in rows] == [MESSAGES["c_0001"].body, MESSAGES["c_0002"].body, ""]
    assert [row["subject"] for row in rows] == [MESSAGES["c_0001"].subject, "", ""]
    assert (rows[0]["customer_segment"], rows[0]["recommended_items"]) == ('Müßig, "laut" & 客', "p1|p2")


def test_a_file_of_nobody_still_has_its_header():
    assert file_adapter.as_csv([], {}).decode().splitlines() == [",".join(COLUMNS)]
