"""Review the score runs of an activation before anything is sent: `{"run", "as_of", "manifests": {model: key}}` in, where it stands out."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.review import ReviewScoresEnv
from omnichannel.contracts.reviews import Approval, Standing
from omnichannel.review import metrics
from omnichannel.review.desk import Desk
from omnichannel.review.opening import Bench, review
from omnichannel.review.signal import Signals
from omnichannel.review.tolerances import Tolerances

logger = Logger(service="review-scores")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers `{"status", "verdict", "outside"}`; asked again, what stands. Older runs that wait are superseded."""
    env = ReviewScoresEnv.load()
    desk = Desk(dynamodb=client("dynamodb"), table=env.reviews_table, signals=Signals(client("stepfunctions")))
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(
            s3=client("s3"), lake=env.lake_bucket, desk=desk, approval=Approval(env.approval), at=datetime.now(UTC),
            tolerances=Tolerances.of_json(env.tolerances), work=Path(work), memory_mb=int(env.memory_mb),
        )  # fmt: skip
        item, drifts = review(bench, run=event["run"], as_of=event["as_of"], manifests=event["manifests"])
    superseded = desk.supersede(item, bench.at)
    for model, drift in drifts.items():
        metrics.drift(model, drift, deployment=env.deployment)
    metrics.waiting(sum(each["status"] == Standing.WAITING for each in desk.all()), deployment=env.deployment)
    answer = {name: item[name] for name in ("status", "verdict", "outside")}
    logger.info("reviewed", run=event["run"], superseded=superseded, **answer)
    return answer
