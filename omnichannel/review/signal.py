"""What an execution that waits for a review is told, and by which name it ends. The review is the truth; a signal only wakes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.reviews import ENDINGS, Standing

NO_LONGER_WAITS = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Step Functions' words for a token whose task has ended: decided before, out of time, or the execution was stopped."""


@dataclass(frozen=True)
class Signals:
    """Step Functions, as far as a review speaks with it."""

    step_functions: Any = field(repr=False)

    def tell(self, review: Mapping[str, Any]) -> bool:
        """Wakes the execution that waits for a decided review; False when none waits, or does no longer."""
        token, status = review.get("token"), Standing(review["status"])
        if not token or status is Standing.WAITING:
            return False
        try:
            if status is Standing.APPROVED:
                self.step_functions.send_task_success(taskToken=token, output=json.dumps({"status": status.value}))
            else:
                self.step_functions.send_task_failure(taskToken=token, error=ENDINGS[status].__name__, cause=words(review))
        except ClientError as failure:
            if failure.response["Error"]["Code"] not in NO_LONGER_WAITS:
                raise
            return False
        return True


def refuse_unapproved(review: Mapping[str, Any]) -> None:
    """Raises the named error of a review that was decided otherwise; `LookupError` for one that nobody has decided."""
    status = Standing(review["status"])
    if status in ENDINGS:
        raise ENDINGS[status](words(review))
    if status is Standing.WAITING:
        raise LookupError(f"run {review['run']} was let through, but its review still waits")


def words(review: Mapping[str, Any]) -> str:
    """What became of a run that is not approved, and why; at most what Step Functions keeps of a cause."""
    run, reason = review["run"], str(review.get("reason", ""))
    said = {
        Standing.REJECTED: f"run {run} was rejected by {review.get('decided_by')}: {reason}",
        Standing.SUPERSEDED: f"run {run} was superseded: {reason}",
        Standing.EXPIRED: f"run {run} waited and nobody decided: {reason}",
    }
    return said.get(Standing(review["status"]), f"run {run} is {review['status']}")
