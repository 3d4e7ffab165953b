"""Who an erasure is about, and what the committer is asked: `{"action": open | identify | ask | answers, "request", "customer_id"}` in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws import s3 as objects
from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.privacy import PrivacySubjectEnv
from omnichannel.contracts.privacy import ERASE, Stand, subject_key
from omnichannel.onboarding.schema import TABLES
from omnichannel.privacy import holds, state, tables
from omnichannel.privacy.identify import gather
from omnichannel.privacy.stores import Desk

log = Logger(service="privacy-subject")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers what the state machine needs to go on; identifiers stay in the lake."""
    env = PrivacySubjectEnv.load()
    desk = Desk(
        request=event["request"], lake=env.lake_bucket, privacy_table=env.privacy_table, s3=client("s3"), dynamodb=client("dynamodb")
    )
    steps = {"open": _open, "identify": _identify, "ask": _ask, "answers": _answers}
    answer = steps[event["action"]](desk, env, event, datetime.now(UTC))
    log.info(event["action"], request=desk.request, answer={name: value for name, value in answer.items() if isinstance(value, int | str)})
    return answer


def _open(desk: Desk, env: PrivacySubjectEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A held customer's request is refused and waits; one that was identified before goes on where it stood."""
    ids, _ = state.customer(desk.dynamodb, env.customers_table, event["customer_id"])
    desk.open(ERASE, event["customer_id"], at)
    if found := holds.held(desk.dynamodb, env.privacy_table, ids, at.date()):
        holds.refuse(desk, found, at)
        return {"status": Stand.HELD.value}
    return {"status": Stand.RUNNING.value}


def _identify(desk: Desk, env: PrivacySubjectEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    if not objects.exists(desk.s3, desk.lake, subject_key(desk.request)):
        ids, item = state.customer(desk.dynamodb, env.customers_table, event["customer_id"])
        trusted = catalog()
        links = tables.links_of(trusted, env.glue_database, ids)
        subject = gather(ids, item, links, tuple(TABLES), tables.reader(trusted, env.glue_database))
        objects.put(desk.s3, desk.lake, subject_key(desk.request), subject.to_json(), objects.JSON)
    found = desk.subject()
    counts = {kind.value: len(values) for kind, values in found.values.items()}
    desk.progress("identify", at, **counts)
    return {"identifiers": sum(counts.values()), "shared": sum(found.shared.values())}


def _ask(desk: Desk, env: PrivacySubjectEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    messages = tables.ask(desk, catalog(), env.glue_database, desk.subject(), event["round"])
    desk.progress(f"ask tables, round {event['round']}", at, tables=len(messages))
    return {"messages": messages}


def _answers(desk: Desk, env: PrivacySubjectEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    found, left = tables.answers(desk, event["round"])
    if not left:
        swept = tables.sweep(desk, catalog(), env.glue_database, event["round"])
        rows = sum(answer.rows for answer in found.values())
        desk.progress(f"tables, round {event['round']}", at, tables=len(found), rows=rows, versions=swept)
    return {"left": left}
