"""The model card: what a model is for, what it was made of, how good it is, and where it ends."""

from collections.abc import Mapping
from typing import Any

from pipelines import archive, bundle

PURPOSES = {
    "churn": "Rank active customers by the probability that their subscription ends, or without one that they buy nothing, in 90 days",
    "repurchase": "Rank everyone who ever bought by the probability that they buy again in the next 30 days",
}
USES = "Choosing whom marketing writes to and with what, after consent, caps and holdout; reviewed before activation."
NOT_FOR = "Prices, credit, access to service, or any decision about a person that is not about marketing; single customers as certainties."
LIMITS = (
    "It learned from the past of this shop: a new season, assortment or price policy shifts the base rate; see drift and calibration.",
    "Customers whom nothing is known of get the score of the population's unknown, with the reason that says so.",
    "Reasons say what moved the score, not what causes behaviour.",
    "Free text, names, addresses and other identifying attributes are no features.",
)


def code_version() -> str:
    """A name for the code that runs: 16 hex digits of the digest of its sources."""
    return archive.digest(bundle.bundle_files())[:16]


def card(report: Mapping[str, Any], parameters: Mapping[str, Any], snapshot: Mapping[str, Any], features: int) -> dict[str, Any]:
    """The card as JSON values."""
    measured = {name: {"value": report[name], "interval": report["intervals"][name]} for name in report["intervals"]}
    return {
        "model": report["model"],
        "as_of": report["as_of"],
        "intended_use": {"purpose": PURPOSES.get(report["model"], report["model"]), "uses": USES, "not_for": NOT_FOR},
        "algorithm": {
            "published": report["published"],
            "rule": report["publishing_rule"],
            "parameters": parameters["used"],
            "why": parameters["why"],
            "features": features,
            "blend": report["blend"],
            "calibration": report["calibration"],
        },
        "data": {"snapshot": snapshot.get("digest"), "dates": report.get("dates"), "rows": parameters["rows"]},
        "population": {"size": report["population"], "positives": report["positives"], "classes": report.get("classes", [])},
        "metrics": measured,
        "baselines": report["baselines"],
        "drivers": report["curves"]["drivers"],
        "expected_drivers": report["expected_drivers"],
        "groups": report["groups"],
        "gate": report["gate"],
        "limits": list(LIMITS),
        "code": code_version(),
    }
