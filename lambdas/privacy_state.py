"""State of a person: nothing more is sent, nothing is left, the certificate: `{"action": stop | forget | certify, "request"}` in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.privacy import PrivacyStateEnv
from omnichannel.privacy import state
from omnichannel.privacy.certificate import Keeping
from omnichannel.privacy.closing import certify
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.stores import Desk

log = Logger(service="privacy-state")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers counts; every action may be done again."""
    env = PrivacyStateEnv.load()
    desk = Desk(
        request=event["request"], lake=env.lake_bucket, privacy_table=env.privacy_table, s3=client("s3"), dynamodb=client("dynamodb")
    )
    answer = {"stop": _stop, "forget": _forget, "certify": _certify}[event["action"]](desk, env, event, datetime.now(UTC))
    log.info(event["action"], request=desk.request)
    return answer


def _stop(desk: Desk, env: PrivacyStateEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    done = state.stop(desk.dynamodb, env.customers_table, env.privacy_table, desk.subject(), desk.request, at)
    desk.keep("stopped.json", done)
    desk.progress("stop", at, **done)
    return done


def _forget(desk: Desk, env: PrivacyStateEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    subject = desk.subject()
    tables = {
        "customers": env.customers_table, "sent": env.sent_table, "windows": env.windows_table, "history": env.history_table,
        "privacy": env.privacy_table,
    }  # fmt: skip
    done = state.forget(desk.dynamodb, request=desk.request, subject=subject, matcher=Matcher(subject), at=at, **tables)
    note = f"state/{event['round']}.json"
    before = desk.kept(note) or {}
    desk.keep(note, {name: before.get(name, 0) + count for name, count in done.items()})
    desk.progress(f"state, round {event['round']}", at, **done)
    return done


def _certify(desk: Desk, env: PrivacyStateEnv, event: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    keeping = Keeping(
        queue_days=int(env.queue_days),
        dead_letter_days=int(env.dead_letter_days),
        access_log_days=int(env.access_log_days),
        consent_years=int(env.consent_years),
    )
    return certify(desk, keeping, int(env.buckets), event["round"], at)
