"""Rebuild the customer view from the lake: identity links, customer items, product items.

Takes the moment that it is as of, `{"as_of"}`, and does it all, or one half of it with what a job has made:
`{"action": "settle" | "rebuild", "as_of", "job"}`.
"""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.customers import CustomerViewEnv
from omnichannel.contracts.identity import SIGHTINGS
from omnichannel.identity.store import settle
from omnichannel.identity.tell import tell_merges
from omnichannel.transform.job import take
from omnichannel.transform.lake import Lake
from omnichannel.view import pack, products
from omnichannel.view.claim import NewerRebuild
from omnichannel.view.export import NAME, export
from omnichannel.view.proof import prove
from omnichannel.view.rebuild import Tables, rebuild

logger = Logger(service="customer-view")

SETTLED_FROM = (SIGHTINGS,)
"""The transformations that identities are settled from."""
REBUILT_FROM = (*pack.READS, "links_now", *products.READS, NAME, "consent_log")
"""The transformations that the view, its export and the proof of consent are made of."""

MEMORY_MB = 1536
"""What the transformations may take at once; the rest of the function's memory is Arrow's and Python's."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many customers, links and products the view has, and how many items had to be written.

    `gave_way` says that a rebuild that began later is at work, which this one then left the rest to.
    """
    env = CustomerViewEnv.load()
    as_of = datetime.fromisoformat(event["as_of"])
    with tempfile.TemporaryDirectory() as work:
        try:
            counts = _rebuild(env, as_of, Path(work), event if "job" in event else {})
        except NewerRebuild:
            counts = {"gave_way": 1}
    logger.info("rebuilt", extra=counts)
    return counts


def _rebuild(env: CustomerViewEnv, as_of: datetime, work: Path, given: Mapping[str, Any]) -> dict[str, int]:
    opened, s3 = catalog(), client("s3")
    lake = Lake(opened, env.glue_database, work, as_of=as_of, memory_mb=MEMORY_MB)
    if given:
        take(lake, s3, env.lake_bucket, given["job"])
    if given.get("action") != "rebuild":
        settled = settle(opened, env.glue_database, lake, at=as_of, work=work)
        if given:
            return {"customers": int(settled.report["customers"])}
    tables = Tables(customers=env.customers_table, products=env.products_table, sent=env.sent_table)
    tell = partial(tell_merges, lambda request: client("events").put_events(**request), env.bus_name)
    counts = rebuild(lake, client("dynamodb", checks=False), tables, as_of=as_of, tell=tell)
    export(lake, s3, env.lake_bucket, work)
    if env.consent_proof_bucket:
        counts["consents_proven"] = prove(lake, s3, env.consent_proof_bucket, work)
    return counts
