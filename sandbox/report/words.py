"""A run in a few sentences, for who will read no table: who was scored, what was decided, what went out, what it brought."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omnichannel.contracts.ledger import Flow
from omnichannel.contracts.reasons import Reason

LIKELY = {"churn": "to leave", "repurchase": "to buy again"}
MOST_ACTIONS = 4
WITHHELD = {
    Reason.NO_CONSENT: "did not consent",
    Reason.HOLDOUT: "are held out, to measure the effect",
    Reason.NO_SEGMENT_ID: "have no id at Segment",
    Reason.NO_ADDRESS: "have no address",
    Reason.SUPPRESSED: "are suppressed after a bounce, a complaint or their own request",
    Reason.UNCHANGED: "have nothing new since the last run",
    Reason.SUPERSEDED: "were told something newer",
    Reason.FREQUENCY_CAP: "have heard enough lately",
    Reason.OUTSIDE_WINDOW: "could not be reached in their hours",
}


def in_short(ledger: Iterable[Mapping[str, Any]], scores: Iterable[Mapping[str, str]], decisions: Mapping[str, Any] | None) -> list[str]:
    """The sentences, of the files `ledger.json`, `scores.csv` and, where there is one, `decisions.json`."""
    told = [*_scored(list(scores)), *([_decided(decisions)] if decisions else ())]
    told += [_delivered(row) for row in ledger if row["flow"] in (Flow.SEGMENT, Flow.MESSAGING)]
    return told + ([_brought(decisions["arms"].get("holdout", {}))] if decisions else [])


def _scored(scores: Sequence[Mapping[str, str]]) -> list[str]:
    told = []
    for model, what in LIKELY.items():
        bands = Counter(band for row in scores if (band := row.get(f"{model}_band", "")))
        if bands:
            high, medium = bands["high"], bands["medium"]
            told.append(f"{bands.total():,} customers have a {model} score: {high:,} are likely {what}, {medium:,} may be.")
    return told


def _decided(decisions: Mapping[str, Any]) -> str:
    chosen = {row["action"]: row["customers"] for row in decisions["actions"] if row["action"] != "none"}
    named = ", ".join(f"{action} for {n:,}" for action, n in list(chosen.items())[:MOST_ACTIONS])
    more = f", {len(chosen) - MOST_ACTIONS} other actions for the rest" if len(chosen) > MOST_ACTIONS else ""
    everybody, spoken_to = decisions["customers"], sum(chosen.values())
    return (
        f"There is something to say to {spoken_to:,} of {everybody:,} customers{': ' if chosen else ''}{named}{more}. To "
        f"{everybody - spoken_to:,} nothing is said: no action fits, or a rule refuses each that does; Next best action counts the rules."
    )


def _delivered(row: Mapping[str, Any]) -> str:
    reasons = sorted(row["withheld"].items(), key=lambda each: -int(each[1]))
    why = ", ".join(f"{n:,} {WITHHELD.get(reason, reason)}" for reason, n in reasons)
    failed = row["in"] - row["delivered"] - sum(row["withheld"].values())
    left = f" Not delivered, on purpose: {why}." if why else ""
    return f"To {row['sink']} went {row['delivered']:,} of {row['in']:,} customers.{left}" + (f" {failed:,} failed." if failed else "")


def _brought(holdout: Mapping[str, int]) -> str:
    if not holdout.get("out"):
        return "Nobody is held out, so nothing will tell what all this changed."
    return (
        f"What it brings shows against the {holdout['out']:,} customers who are left out of everything, once the orders of the next "
        "weeks are in: omni experiment report holdout."
    )
