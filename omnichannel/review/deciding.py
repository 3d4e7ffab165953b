"""Show reviews and decide them: one decision a run, on the scores that were looked at."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnichannel.aws.dynamodb import Item
from omnichannel.contracts.reviews import ScoresChanged, Standing
from omnichannel.review import runs
from omnichannel.review.desk import Desk
from omnichannel.review.request import Decision, Refused
from omnichannel.review.signal import words


def listed(desk: Desk, status: str = "") -> list[Item]:
    """Reviews without their reports, the newest first; of one status where one is named. Raises `Refused` for an unknown one."""
    if status and status not in set(Standing):
        raise Refused(400, "Unknown status", f"expected one of {', '.join(Standing)}")
    found = (each for each in desk.all() if not status or each["status"] == status)
    return sorted(found, key=lambda each: str(each["order"]), reverse=True)


def shown(desk: Desk, run: str) -> dict[str, Any]:
    """One review with its report and without its token; raises `Refused` (404) for none."""
    item = _found(desk, run)
    return {name: json.loads(value) if name == "report" else value for name, value in item.items() if name != "token"}


def decide(desk: Desk, s3: Any, lake: str, decision: Decision, at: datetime) -> dict[str, Any]:
    """The review after the decision; again by anybody, the same answer. Raises `Refused` (409) where it was decided otherwise.

    Approval looks at the scores once more; a rejection needs no look.
    """
    item = _found(desk, decision.run)
    if item["status"] == Standing.WAITING:
        _same_scores(s3, lake, item, decision)
        item, _ = desk.settle(decision.run, decision.status, at, by=decision.who, reason=decision.reason)
    elif item["status"] == decision.status:
        desk.signals.tell(item)
    if item["status"] != decision.status:
        raise Refused(409, _TITLES.get(item["status"], "Decided"), _why(item))
    return shown(desk, decision.run)


def _found(desk: Desk, run: str) -> Item:
    item = desk.get(run)
    if item is None:
        raise Refused(404, "Unknown run", "there is no review of it; GET /reviews lists those there are")
    return item


def _same_scores(s3: Any, lake: str, item: Mapping[str, Any], decision: Decision) -> None:
    if decision.digest != item["digest"]:
        raise Refused(409, "Other scores", "the run was reviewed again on other scores since it was looked at; look once more")
    if decision.status is not Standing.APPROVED:
        return
    try:
        runs.refuse_changed(s3, lake, item["scores"])
    except ScoresChanged as changed:
        raise Refused(409, "Scores changed", f"{changed}, and reject this run") from changed


_TITLES = {
    Standing.EXPIRED.value: "Expired",
    Standing.SUPERSEDED.value: "Superseded",
    Standing.REJECTED.value: "Rejected before",
    Standing.APPROVED.value: "Approved before",
}


def _why(item: Mapping[str, Any]) -> str:
    if item["status"] == Standing.APPROVED:
        return f"run {item['run']} was approved by {item['decided_by']} at {item['decided_at']}: {item['reason']}"
    hint = "; score again, and the newer run is reviewed" if item["status"] == Standing.EXPIRED else ""
    return f"{words(item)} ({item['decided_at']}){hint}"
