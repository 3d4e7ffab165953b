"""Close an activation run's ledger: `{"run"}` (and, if told, the `sinks` that took part) in, its summaries out."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import parts
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import CloseLedgerEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.ledger import close

logger = Logger(service="close-ledger")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes both flows' summaries, then raises `LedgerOpen` or `SinkFailed` if one calls for it."""
    env, s3, run = CloseLedgerEnv.load(), client("s3"), event["run"]
    customers = parts.index(s3, env.lake_bucket, run)["customers"]
    sinks = [Sink(name) for name in event.get("sinks", ())]
    summaries = close.summarize(s3, env.lake_bucket, run, customers=customers, sinks=sinks)
    logger.info("ledger", rows=summaries)
    close.check(summaries)
    return {"run": run, "customers": customers, "rows": summaries}
