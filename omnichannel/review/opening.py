"""Open the review of an activation run: read its score runs and the last approved ones, compare, write the report and the item."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import Item
from omnichannel.contracts.reviews import Approval, ScoresChanged, Standing, report_key
from omnichannel.contracts.scores import activation_order
from omnichannel.review import compare, report, runs
from omnichannel.review.checks import Side
from omnichannel.review.compare import Runs
from omnichannel.review.desk import Desk
from omnichannel.review.runs import ScoreRun
from omnichannel.review.tolerances import Tolerances

Drifts = dict[str, Any]
"""What each model's manifest says of drift, by model."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a review is made with: clients and names, what is agreed, a folder of its own, the time."""

    s3: Any = field(repr=False)
    lake: str
    desk: Desk
    tolerances: Tolerances
    approval: Approval
    work: Path
    memory_mb: int
    at: datetime


def review(bench: Bench, *, run: str, as_of: str, manifests: Mapping[str, str]) -> tuple[Item, Drifts]:
    """The review of a run, opened or as it stands. Raises `ScoresChanged` when it was decided on other scores than there are now."""
    now = {model: runs.fetch(bench.s3, bench.lake, model, key, bench.work / f"{model}-now") for model, key in manifests.items()}
    scores = {model: found.item() for model, found in now.items()}
    known = bench.desk.get(run)
    drifts = {model: found.manifest.get("drift") for model, found in now.items()}
    if known and known["digest"] == report.digest(scores):
        return known, drifts
    if known and known["status"] != Standing.WAITING:
        raise ScoresChanged(f"run {run} was {known['status']} on other scores than there are now; score again")
    item = _item(bench, run, as_of, now, scores)
    return _opened(bench, item), drifts


def _opened(bench: Bench, item: Item) -> Item:
    """The report first: whoever sees the review finds it. One of the same date whose scores are newer makes this one old at once."""
    objects.put(bench.s3, bench.lake, report_key(item["run"]), item["report"].encode(), objects.JSON)
    standing = bench.desk.open(item)
    same_day = (r for r in bench.desk.all() if r["as_of"] == item["as_of"] and r["order"] > item["order"])
    newer = next((r["run"] for r in same_day if r["status"] in (Standing.WAITING, Standing.APPROVED)), None)
    if newer and standing["status"] == Standing.WAITING:
        standing, _ = bench.desk.settle(item["run"], Standing.SUPERSEDED, bench.at, by=newer, reason=f"run {newer} is newer")
    return standing


def _item(bench: Bench, run: str, as_of: str, now: Mapping[str, ScoreRun], scores: dict[str, Any]) -> Item:
    order = activation_order(as_of, _written_at(bench, now), run)
    made = _report(bench, run, as_of, order, now)
    return {
        "run": run, "as_of": as_of, "order": order, "verdict": made.verdict.value, "outside": made.outside, "scores": scores,
        "digest": report.digest(scores), "sending": asdict(made.sending), "report": json.dumps(made.to_dict()),
        "opened_at": bench.at.isoformat(), **report.decision(made, bench.approval, bench.at.isoformat()),
    }  # fmt: skip


def _report(bench: Bench, run: str, as_of: str, order: str, now: Mapping[str, ScoreRun]) -> report.Report:
    reviews = list(bench.desk.all())
    later = report.later_approved(reviews, as_of=as_of)
    with _reading(bench) as reading:
        views, compared = {}, []
        for model, found in now.items():
            last = _last(bench, model, report.last_approved(reviews, run=run, order=order, model=model))
            views[reading.view(f"{model} now", found.files)] = reading.view(f"{model} last", last.files) if last else ""
            compared.append(_compared(reading, model, found, last, later))
        sending = reading.sending(views)
    return report.Report(run=run, as_of=as_of, compared=tuple(compared), tolerances=bench.tolerances, sending=sending)


@contextmanager
def _reading(bench: Bench) -> Iterator[Runs]:
    with compare.reading(bench.work, bench.memory_mb) as reading:
        yield reading


def _compared(reading: Runs, model: str, now: ScoreRun, last: ScoreRun | None, later: str) -> report.Compared:
    here = _side(reading, f"{model} now", now)
    if last is None:
        return report.Compared(model=model, now=here, later=later)
    before = _side(reading, f"{model} last", last)
    return report.Compared(model=model, now=here, last=before, moved=reading.moved(f"{model} now", f"{model} last"), later=later)


def _side(reading: Runs, view: str, run: ScoreRun) -> Side:
    groups = run.evaluation.get("scored", {}).get("groups", [])
    return Side(manifest=run.manifest, spread=reading.spread(view), groups=groups)


def _last(bench: Bench, model: str, approved: Mapping[str, Any] | None) -> ScoreRun | None:
    """The last approved run; None when there is none, or its files are gone."""
    if approved is None:
        return None
    try:
        return runs.fetch(bench.s3, bench.lake, model, approved["scores"][model]["manifest"], bench.work / f"{model}-last", checked=False)
    except ClientError as failure:
        if failure.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        return None


def _written_at(bench: Bench, now: Mapping[str, ScoreRun]) -> str:
    """When the last of the manifests was written, which is when the activation could begin."""
    stored = (bench.s3.head_object(Bucket=bench.lake, Key=found.key)["LastModified"] for found in now.values())
    return str(max(stored).isoformat())
