"""The gate of an activation that a person decides: `{"action": wait | settle | check, "run", "token"?}` in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.review import ReviewGateEnv
from omnichannel.contracts.reviews import WAIT_SECONDS, Standing
from omnichannel.review import runs
from omnichannel.review.desk import Desk
from omnichannel.review.overtaken import overtaken_by
from omnichannel.review.signal import Signals, refuse_unapproved

logger = Logger(service="review-gate")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Wait: keeps the token. Settle: nobody decided in time. Check: approved, and the scores are those that were reviewed.

    Settle and check answer `{"status": "approved"}`, or raise what became of the review by its name.
    """
    env = ReviewGateEnv.load()
    desk = Desk(dynamodb=client("dynamodb"), table=env.reviews_table, signals=Signals(client("stepfunctions")))
    run = event["run"]
    if event["action"] == "wait":
        item = desk.wait(run, event["token"])
    elif event["action"] == "settle":
        item, _ = desk.settle(run, Standing.EXPIRED, datetime.now(UTC), by="", reason=f"{WAIT_SECONDS // 86400} days have passed")
        refuse_unapproved(item)
    elif event["action"] == "check":
        item = desk.known(run)
        refuse_unapproved(item)
        if newer := overtaken_by(item, desk.all()):
            refuse_unapproved(desk.overtake(run, newer, datetime.now(UTC)))
        runs.refuse_changed(client("s3"), env.lake_bucket, item["scores"])
    else:
        raise ValueError(f"unknown action {event['action']!r}; expected wait, settle or check")
    logger.info(event["action"], run=run, status=item["status"])
    return {"status": item["status"]}
