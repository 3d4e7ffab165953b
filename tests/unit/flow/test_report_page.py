"""The report is made from the files of an output folder alone."""

import json

import pytest

from omnichannel.activation.parts import Member
from omnichannel.contracts.decisions import Decision, Rule
from sandbox.flow.decided import summary
from sandbox.report.page import write_report

NUMBERS = {
    "as_of": "2026-11-01", "published": "rfm_logistic", "population": 100, "positives": 20, "roc_auc": 0.75, "pr_auc": 0.5,
    "log_loss": 0.4, "brier": 0.1, "calibration_error": 0.02, "lift_at_10": 2.5,
    "baselines": {"recency_rule": {"roc_auc": 0.6, "log_loss": 0.5}}, "cut_offs": {"high": 0.5, "medium": 0.3},
}  # fmt: skip
CURVES = {
    "roc": [[0, 0], [0.3, 0.8], [1, 1]],
    "calibration": [[0.1, 0.12, 60], [0.5, 0.4, 40]],
    "lift_by_decile": [2.5, 1.5, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2],
    "drivers": [{"name": "recency_days", "gain": 0.4, "direction": "+"}],
}


@pytest.fixture
def out(tmp_path):
    row = {"flow": "segment", "run": "r", "sink": "segment", "in": 3, "delivered": 1, "withheld": {"no-consent": 2}, "rejected": {}}
    files = {
        "run.json": {"as_of": "2026-11-01", "source": "a test", "target": "nowhere", "facts": {"files landed": 2},
                     "steps": [{"name": "Scoring", "seconds": 2.5}], "sent_this_run": {"segment": 1}},
        "ledger.json": {"rows": [{**row, "dead_lettered": 0, "twice": 0}]},
        "metrics.json": {"models": {"churn": NUMBERS}},
        "evaluation/churn.json": {**NUMBERS, "curves": CURVES},
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    (tmp_path / "scores.csv").write_text("customer_id,churn_score\nc_1,0.2\nc_2,\n")
    for folder in ("quarantine", "delivered"):
        (tmp_path / folder).mkdir()
    record = {"userId": "C1", "email": "someone@mail.example", "traits": {"churn_band": "high"}}
    (tmp_path / "delivered" / "segment.jsonl").write_text(json.dumps(record) + "\n")
    return tmp_path


def test_it_shows_the_ledger_the_models_and_what_was_delivered(out):
    page = write_report(out).read_text()

    assert "The ledger closes" in page
    assert "no-consent 2" in page
    assert "AUC 0.750" in page
    assert "rfm_logistic <span" in page.replace("\n", "")


@pytest.mark.parametrize("rule", ["rfm_logistic", "wide_logistic"])
def test_it_names_the_rule_that_is_published_in_the_place_of_trees(out, rule):
    for name in ("metrics.json", "evaluation/churn.json"):
        (out / name).write_text((out / name).read_text().replace("rfm_logistic", rule))

    page = write_report(out).read_text()

    assert f"{rule} <span" in page.replace("\n", "")


def test_a_ledger_that_does_not_close_is_the_first_thing_it_says(out):
    ledger = json.loads((out / "ledger.json").read_text())
    ledger["rows"][0]["in"] = 4
    (out / "ledger.json").write_text(json.dumps(ledger))

    page = write_report(out).read_text()

    assert "THE LEDGER DOES NOT CLOSE" in page


def test_it_shows_no_personal_data(out):
    page = write_report(out).read_text()

    assert "someone@mail.example" not in page
    assert "churn_band" in page


def test_it_says_what_was_decided_and_why_the_rest_was_not(out):
    decisions = [
        Decision(
            customer_id="c_1", at=AT, action="offer", p=0.2, value=50, score=10, refused={"call": (Rule.NO_CONSENT,)}, arms={"x": "control"}
        ),
        Decision(customer_id="c_2", at=AT, refused={"call": (Rule.NO_CONSENT,), "offer": (Rule.HOLDOUT,)}, arms={"x": "treatment"}),
    ]
    members = [Member(d.customer_id, "", {}, {}, d.to_dict()) for d in decisions]
    (out / "decisions.json").write_text(json.dumps(summary(members)))

    page = write_report(out).read_text()

    assert "Next best action" in page
    assert "no-consent 2" in page
    assert "control 1" in page
    assert "c_1" not in page[page.index('id="decisions"') :]


def test_it_begins_with_what_happened_in_words(out):
    decisions = [
        Decision(customer_id="c_1", at=AT, action="offer", channel="email", p=0.2, value=50, score=10, arms={"holdout": "in"}),
        Decision(customer_id="c_2", at=AT, refused={"offer": (Rule.HOLDOUT,)}, arms={"holdout": "out"}),
    ]
    members = [Member(d.customer_id, "", {}, {}, d.to_dict()) for d in decisions]
    (out / "decisions.json").write_text(json.dumps({**summary(members), "currency": "SEK"}))
    (out / "scores.csv").write_text("customer_id,churn_score,churn_band\nc_1,0.9,high\nc_2,,\n")

    page = write_report(out).read_text()

    assert "1 customers have a churn score: 1 are likely to leave" in page
    assert "There is something to say to 1 of 2 customers: offer for 1." in page
    assert "To segment went 1 of 3 customers. Not delivered, on purpose: 2 did not consent." in page
    assert "against the 1 customers who are left out" in page
    assert "offer by email: one in 5 takes it up, which is worth 50.00 SEK then." in page
    assert "mean value, SEK" in page


AT = "2026-11-01T00:00:00+00:00"
