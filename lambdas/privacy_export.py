"""The answer to an access request: `{"request", "customer_id"}` in; the archive lies in the lake for a week."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.privacy import PrivacyExportEnv
from omnichannel.contracts.privacy import Stand, export_key, identifier_hash
from omnichannel.onboarding.schema import TABLES
from omnichannel.privacy import profiles, state, tables
from omnichannel.privacy.access import archive, sent_to
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.identify import gather
from omnichannel.privacy.stores import Desk

EXPORT = "export"
log = Logger(service="privacy-export")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Gathers and writes the archive; done again, it is written again."""
    env, at = PrivacyExportEnv.load(), datetime.now(UTC)
    desk = Desk(
        request=event["request"], lake=env.lake_bucket, privacy_table=env.privacy_table, s3=client("s3"), dynamodb=client("dynamodb")
    )
    desk.open(EXPORT, event["customer_id"], at)
    trusted = catalog()
    ids, item = state.customer(desk.dynamodb, env.customers_table, event["customer_id"])
    links = tables.links_of(trusted, env.glue_database, ids)
    subject = gather(ids, item, links, tuple(TABLES), tables.reader(trusted, env.glue_database))
    sent = sent_to(desk.dynamodb, env.sent_table, ids)
    shown = list(profiles.found(client("customer-profiles"), env.profiles_domain, ids)) if env.profiles_domain else []
    with tempfile.TemporaryDirectory() as work:
        path = archive(desk.request, subject, item, trusted, env.glue_database, desk.s3, desk.lake, sent, Path(work), at, profiles=shown)
        desk.s3.upload_file(str(path), desk.lake, export_key(desk.request))
    who = identifier_hash(Kind.CUSTOMER_ID, event["customer_id"])
    desk.stand(Stand.DONE, customer_id=who, done_at=datetime.now(UTC).isoformat())
    log.info("exported", request=desk.request)
    return {"request": desk.request, "export": export_key(desk.request)}
