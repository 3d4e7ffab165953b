"""Join the score runs of one date into audience parts: `{"run", "as_of", "manifests": {model: key}}` in, the parts out."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import audience
from omnichannel.aws.clients import client
from omnichannel.contracts.environment import AudienceEnv

logger = Logger(service="audience")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes the parts (again, if run again) and answers `{"run", "as_of", "parts", "customers"}`."""
    env, s3, as_of = AudienceEnv.load(), client("s3"), event["as_of"]
    tables = {model: audience.scores(s3, env.lake_bucket, key, as_of=as_of) for model, key in event["manifests"].items()}
    refs = audience.references(client("dynamodb"), env.customers_table)
    records = audience.join(tables, refs, as_of=as_of)
    index = audience.write(s3, env.lake_bucket, run=event["run"], as_of=as_of, records=records, part_size=int(env.part_size))
    logger.info("audience", run=event["run"], customers=index["customers"], parts=len(index["parts"]))
    return index
