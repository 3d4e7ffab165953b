"""Tell Personalize of products and customers that have changed since it was told last. Takes no input; asked again until it is done."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.dynamodb import batch_get
from omnichannel.aws.iceberg import catalog
from omnichannel.aws.personalize import putter
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.environment.recommendations import PersonalizePutEnv
from omnichannel.contracts.recommendations import ITEMS, USERS, TrainingData
from omnichannel.recommendations.told import CALLS_PER_SECOND, Allowed, read_digests, tell, write_digests
from omnichannel.transform.lake import Lake

RESERVE_MS = 60_000
"""Time kept back to remember what was told."""
log = Logger(service="personalize-put")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers counts for each data set, and `done`: whether nothing is left."""
    env = PersonalizePutEnv.load()
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), env.glue_database, Path(work), as_of=datetime.now(UTC))
        lake.build("items", "users")
        in_time = lambda: context.get_remaining_time_in_millis() > RESERVE_MS  # noqa: E731 - asked again and again
        counts = {
            ITEMS.folder: _tell(env, ITEMS, env.items_dataset_arn, lake, frozenset, in_time),
            USERS.folder: _tell(env, USERS, env.users_dataset_arn, lake, _consenting(env), in_time),
        }
    log.info("told", counts=counts)
    return {**counts, "done": not any(each["left"] for each in counts.values())}


def _tell(
    env: PersonalizePutEnv, data: TrainingData, dataset: str, lake: Lake, allowed: Allowed, in_time: Callable[[], bool]
) -> dict[str, int]:
    s3 = client("s3")
    put = putter(client("personalize-events"), dataset, wait=lambda: time.sleep(1 / CALLS_PER_SECOND))
    done = tell(data, _rows(lake.batches(data.folder)), read_digests(s3, env.lake_bucket, data), put, allowed, in_time)
    write_digests(s3, env.lake_bucket, data, done.digests)
    return done.counts()


def _rows(found: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for batch in found:
        yield from batch.to_pylist()


def _consenting(env: PersonalizePutEnv) -> Allowed:
    """Who allows personalization right now."""

    def allowed(ids: Sequence[str]) -> frozenset[str]:
        items = batch_get(client("dynamodb"), env.customers_table, ({"customer_id": each} for each in ids), ("customer_id", "consents"))
        granted = (each for each in items if allows(each.get("consents") or {}, Purpose.PERSONALIZATION, Channel.WEB))
        return frozenset(each["customer_id"] for each in granted)

    return allowed
