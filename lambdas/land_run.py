"""Land an activation run's account: `{"run", "as_of"}` in, its parts out; with `"part"`, that part's rows onto the landing zone."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import LandRunEnv
from omnichannel.ledger import landing

logger = Logger(service="land-run")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers `{"parts": names}`, or how many rows of the part landed that had not landed before."""
    env, s3, run = LandRunEnv.load(), client("s3"), event["run"]
    if "part" not in event:
        return {"parts": landing.part_names(s3, env.lake_bucket, run)}
    of = landing.Run(
        run=run, as_of=event["as_of"], s3=s3, lake=env.lake_bucket, landing=env.landing_bucket, dynamodb=client("dynamodb"),
        sent_table=env.sent_table,
    )  # fmt: skip
    landed = landing.land(of, event["part"])
    logger.info("landed", run=run, part=event["part"], rows=landed)
    return landed
