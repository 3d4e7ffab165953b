"""What goes to Customer Profiles, to the letter, and what is refused before it is sent."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from omnichannel.activation import connect_objects, pinpoint_files
from omnichannel.activation.messaging import Recipient
from omnichannel.activation.parts import Member
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.reasons import Reason

GOLDEN = Path(__file__).parents[2] / "golden"
NAMES = {"p1": "Riesling Kabinett 2024", "p2": "Crémant 🥂 d'Alsace"}


def _recipient(customer_id="c_0001"):
    decision = Decision(
        customer_id=customer_id, at="2026-03-01T06:00:00+00:00", action="win-back-recommended", campaign="win-back", channel="email",
        not_before="2026-03-02T07:00:00+00:00", items=("p1", "gone", "p2"),
    )  # fmt: skip
    traits = {
        "churn_propensity": 0.81, "churn_band": "high", "customer_segment": "large baskets", "next_best_action": decision.action,
        "recommended_items": list(decision.items), "propensity_as_of": "2026-03-01",
    }  # fmt: skip
    return Recipient(
        member=Member(customer_id, "CRM-1", traits), channel="email", address="ada@example.org", item={},
        traits_hash="h", message_id="m" * 40,
        decision=decision, subgroup="recommended",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "made"),
    [
        (
            "connect/object.json",
            lambda: json.loads(
                connect_objects.profile_object(_recipient(), NAMES, as_of="2026-03-01", now=datetime(2026, 3, 1, 12, tzinfo=UTC))
            ),
        ),
        ("pinpoint/endpoint.json", lambda: pinpoint_files.endpoint(_recipient(), NAMES)),
    ],
)
def test_the_payload_is_the_golden_one(name, made):
    assert json.loads(json.dumps(made())) == json.loads((GOLDEN / name).read_text())


def test_newer_scores_are_later_however_late_the_older_run_is():
    slow = connect_objects.updated_at("2026-03-01", datetime(2026, 4, 1, tzinfo=UTC))
    fast = connect_objects.updated_at("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC))

    assert slow < fast
    assert connect_objects.updated_at("2026-03-01", datetime(2026, 3, 1, 1, tzinfo=UTC)) < slow


def test_what_the_service_would_not_take_is_refused_with_the_reason():
    assert connect_objects.refusal(_recipient(), "x" * 256_000) is None
    assert connect_objects.refusal(_recipient(), "é" * 128_001) is Reason.TOO_LARGE
    assert connect_objects.refusal(_recipient("c" * 256), "{}") is Reason.ID_TOO_LONG
