"""Put what a batch of Personalize recommended onto customers' items, where messages and the API find it. Takes no input."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts import zones
from omnichannel.contracts.environment.recommendations import KeepRecommendationsEnv
from omnichannel.recommendations.prepared import answers, write

logger = Logger(service="keep-recommendations")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Answers how many customers the batch `answered`, how many items were `written`, and lines that were of no use by reason."""
    env, unused = KeepRecommendationsEnv.load(), Counter[str]()
    found = answers(_lines(env.lake_bucket), unused)
    counts = {**write(client("dynamodb"), env.customers_table, found, at=datetime.now(UTC)), **unused}
    logger.info("kept", extra=counts)
    return counts


def _lines(bucket: str) -> Iterator[bytes]:
    """The lines of every file of the answer, read as they are used."""
    s3 = client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=zones.PERSONALIZE_RECOMMENDED)
    for key in (each["Key"] for page in pages for each in page.get("Contents", ()) if each["Key"].endswith(".out")):
        yield from s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines()
