"""Objects without a person: `{"action": list | erase, "request", "round", "cursor" | "portion"}` in."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.privacy import PrivacyObjectsEnv
from omnichannel.contracts.privacy import ERASED_ZONES
from omnichannel.privacy import objects
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.objects import Bench, Tally
from omnichannel.privacy.places import Zone, portion, portions
from omnichannel.privacy.stores import Desk

log = Logger(service="privacy-objects")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """List: `{"portions", "cursor"}`. Erase: the portion's counts; raises `OutOfTime` (again, it goes on) with its tally noted."""
    env = PrivacyObjectsEnv.load()
    desk = Desk(request=event["request"], lake=env.lake_bucket, s3=client("s3"))
    if event["action"] == "list":
        zones = [
            Zone(bucket=env.landing_bucket),
            Zone(bucket=env.quarantine_bucket),
            *(Zone(bucket=env.lake_bucket, prefix=p) for p in ERASED_ZONES),
        ]
        return portions(desk.s3, zones, desk.lake, desk.note(f"objects/{event['round']}/"), event["cursor"])
    return _erase(desk, env, event["portion"], context)


def _erase(desk: Desk, env: PrivacyObjectsEnv, key: str, context: LambdaContext) -> dict[str, Any]:
    note = key.replace("/objects/", "/objects-done/").removeprefix(desk.note(""))
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(
            s3=desk.s3, dynamodb=client("dynamodb"), history_table=env.history_table,
            landing=env.landing_bucket, quarantine=env.quarantine_bucket,
            matcher=Matcher(desk.subject()), work=Path(work), now=lambda: datetime.now(UTC),
            time_left=lambda: context.get_remaining_time_in_millis() / 1000, note=lambda tally: desk.keep(note, tally),
        )  # fmt: skip
        tally = objects.erase(portion(desk.s3, desk.lake, key), bench, Tally.of(desk.kept(note)))
    counts: dict[str, int] = {}
    for found in tally.counts.values():
        counts = {name: counts.get(name, 0) + found.get(name, 0) for name in counts.keys() | found.keys()}
    log.info("erased", request=desk.request, counts=counts)
    return counts
