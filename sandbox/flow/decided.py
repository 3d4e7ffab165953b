"""What an activation run decided, in numbers: actions, the rules that refused them, arms; and one decision to look at."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from omnichannel.activation import parts
from omnichannel.activation.parts import Member, Part
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.playbook.actions import load
from sandbox.cloud import Cloud


def facts(cloud: Cloud, run: str) -> dict[str, Any]:
    """What a report says of `run`'s decisions, over all of its customers; values are in `currency`."""
    return {**summary(_members(cloud, run)), "currency": load().currency}


def summary(members: Iterable[Member]) -> dict[str, Any]:
    """`customers`, `actions` (customers, mean probability and value), `refused` by action and rule, `arms` by experiment, `example`.

    The example is the decision with the highest score, without anything that names a person.
    """
    actions: dict[str, Counter[str]] = {}
    refused: dict[str, Counter[str]] = {}
    arms: dict[str, Counter[str]] = {}
    customers, best = 0, dict[str, Any]()
    for decision in (member.decision for member in members if member.decision):
        customers += 1
        totals = actions.setdefault(decision["action"] or "none", Counter())
        totals.update({"customers": 1, "p": decision["p"], "value": decision["value"], "explored": int(decision["explored"])})
        for action, rules in decision["refused"].items():
            refused.setdefault(action, Counter()).update(rules)
        for experiment, arm in decision["arms"].items():
            arms.setdefault(experiment, Counter())[arm] += 1
        best = max(best, decision, key=lambda each: each.get("score", 0.0))
    return {
        "customers": customers,
        "actions": [_action(name, totals) for name, totals in sorted(actions.items(), key=lambda each: -each[1]["customers"])],
        "refused": {action: dict(rules.most_common()) for action, rules in sorted(refused.items())},
        "arms": {experiment: dict(sorted(counts.items())) for experiment, counts in sorted(arms.items())},
        "example": {name: value for name, value in best.items() if name != "customer_id"},
    }


def _action(name: str, totals: Counter[str]) -> dict[str, Any]:
    n = totals["customers"]
    return {"action": name, "customers": n, "p": totals["p"] / n, "value": totals["value"] / n, "explored": totals["explored"]}


def _members(cloud: Cloud, run: str) -> Iterator[Member]:
    s3, bucket = cloud.client("s3"), cloud.deployment.lake_bucket
    for key in sorted(objects.keys(s3, bucket, zones.decided_part(run, "").removesuffix(".jsonl.gz"))):
        yield from parts.read(s3, bucket, Part(run=run, as_of="", key=key))
