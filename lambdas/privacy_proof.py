"""The proof of an erasure: `{"action": list | search | items, "request", "round", "cursor" | "portion"}` in. It only reads."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.privacy import PrivacyProofEnv
from omnichannel.privacy import proof
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.places import Zone, portion, portions
from omnichannel.privacy.stores import Desk

log = Logger(service="privacy-proof")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """List: `{"portions", "cursor"}`. Search: a portion's counts. Items: what all portions and tables found together."""
    env = PrivacyProofEnv.load()
    desk = Desk(
        request=event["request"], lake=env.lake_bucket, privacy_table=env.privacy_table, s3=client("s3"), dynamodb=client("dynamodb")
    )
    if event["action"] == "list":
        zones = [Zone(bucket=bucket) for bucket in env.buckets.split(",")]
        return portions(desk.s3, zones, desk.lake, desk.note(f"proof/{event['round']}/"), event["cursor"])
    answer = _search(desk, event["portion"], context) if event["action"] == "search" else _items(desk, env, event["round"])
    log.info(event["action"], request=desk.request, counts=answer)
    return answer


def _search(desk: Desk, key: str, context: LambdaContext) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as work:
        found = proof.look(
            portion(desk.s3, desk.lake, key), desk.s3, Matcher(desk.subject()), Path(work), desk.note(""),
            time_left=lambda: context.get_remaining_time_in_millis() / 1000,
        )  # fmt: skip
    desk.keep(key.replace("/proof/", "/proof-done/").removeprefix(desk.note("")), found)
    return found


def _items(desk: Desk, env: PrivacyProofEnv, round: int) -> dict[str, Any]:
    found = proof.items(desk, env.tables.split(","), Matcher(desk.subject()))
    desk.keep(f"items/{round}.json", found)
    both = proof.total([found, *desk.notes(f"proof-done/{round}/").values()])
    desk.progress(f"proof, round {round}", datetime.now(UTC), **both)
    return both
