"""Join the score runs of one date into audience parts: `{"run", "as_of", "manifests": {model: key}}` in, the parts out."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import audience
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import AudienceEnv
from omnichannel.segments import names

logger = Logger(service="audience")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes the parts (again, if run again) and answers `{"run", "as_of", "order", "parts", "customers"}`.

    Segments of the date are waited for: until they are there, or late, the answer is `{"run", "as_of", "waiting"}`.
    """
    env, s3, as_of, manifests = AudienceEnv.load(), client("s3"), event["as_of"], event["manifests"]
    patience = timedelta(seconds=float(env.segments_seconds))
    segments = names.newest(s3, env.lake_bucket, date.fromisoformat(as_of))
    if names.awaited(s3, env.lake_bucket, segments, manifests.values(), patience, now=datetime.now(UTC)):
        return {"run": event["run"], "as_of": as_of, "waiting": "segments"}
    tables = {model: audience.scores(s3, env.lake_bucket, key, as_of=as_of) for model, key in manifests.items()}
    refs = audience.references(client("dynamodb"), env.customers_table)
    records = audience.join(tables, refs, as_of=as_of, segments=names.of(s3, env.lake_bucket, segments.run))
    run, order = event["run"], audience.order(s3, env.lake_bucket, manifests.values(), run=event["run"], as_of=as_of)
    index = audience.write(s3, env.lake_bucket, run=run, as_of=as_of, records=records, part_size=int(env.part_size), order=order)
    said = segments.run.run if segments.run else None
    logger.info("audience", run=event["run"], customers=index["customers"], parts=len(index["parts"]), segments=said)
    return index
