"""Gather what a finished activation run could not deliver: `{"run", "as_of", "replay": n, "sinks"}` in, each sink's parts out."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import ReplayRunEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.ledger.replaying import Replay, gather
from omnichannel.review.desk import Desk
from omnichannel.review.overtaken import overtaken_by
from omnichannel.review.signal import Signals, refuse_unapproved

logger = Logger(service="replay-run")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers `{"run", "as_of", "parts": [], "replays": {sink: keys}}`; raises what became of a run that was not approved."""
    env, run = ReplayRunEnv.load(), event["run"]
    desk = Desk(dynamodb=client("dynamodb"), table=env.reviews_table, signals=Signals(client("stepfunctions")))
    review = desk.known(run)
    refuse_unapproved(review)
    newer = overtaken_by(review, desk.all())
    of = Replay(
        run=run, number=int(event["replay"]), superseded=bool(newer), at=datetime.now(UTC), s3=client("s3"), lake=env.lake_bucket
    )  # fmt: skip
    replays = gather(of, map(Sink, event["sinks"]))
    logger.info("replay", run=run, number=of.number, superseded_by=newer, parts={sink: len(keys) for sink, keys in replays.items()})
    return {"run": run, "as_of": event["as_of"], "parts": [], "replays": replays}
