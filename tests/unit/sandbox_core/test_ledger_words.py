"""What the demonstration says about its ledger."""

from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.flow.ledgers import onboarding, refuse_without_needed, told


def _segment(delivered=0, **withheld):
    reasons = {name.replace("_", "-"): count for name, count in withheld.items()}
    other = {"flow": "messaging", "delivered": 4, "withheld": {"no-address": 9}, "rejected": {}}
    return [{"flow": "segment", "delivered": delivered, "withheld": reasons, "rejected": {}}, other]


@pytest.mark.parametrize(
    ("withheld", "sent", "words"),
    [
        ({"unchanged": 5}, 3, "3 identifies sent"),
        ({"unchanged": 5}, 0, "nothing sent; nothing that counts has changed since the last run"),
        ({"delivered": 5}, 0, "nothing sent; nothing that counts has changed since the last run"),
        ({"unchanged": 1, "no_consent": 1200}, 0, "nothing sent; nothing that counts has changed since the last run (1,200 no-consent)"),
        ({"no_consent": 1200}, 0, "nothing sent; 1,200 no-consent"),
        ({}, 0, "nothing sent; nobody was scored"),
    ],
)
def test_nothing_sent_says_why(withheld, sent, words):
    said = told(_segment(**withheld), sent)

    assert said == words


def _landed(dataset, **more):
    return {"content_id": dataset, "dataset": dataset, "status": "quarantined", "rows_in": 2, "rows_staged": 0, **more}


def test_without_any_order_onboarding_has_failed_and_says_where_to_look():
    rows = onboarding([_landed("sales/orders", quarantined={"missing-column": 2}), _landed("consents", quarantined={"wrong-type": 2})], {})

    with pytest.raises(SandboxError) as failure:
        refuse_without_needed(rows, Path("out/quarantine"))

    assert str(failure.value).splitlines()[0] == "Onboarding failed: nothing of sales/orders could be trusted: 2 missing-column"
    assert "out/quarantine" in str(failure.value)


def test_with_one_order_onboarding_is_enough():
    rows = onboarding([_landed("sales/orders", status="committed", rows_staged=1, quarantined={"wrong-type": 1})], {"sales/orders": 1})

    refuse_without_needed(rows, Path("out/quarantine"))
