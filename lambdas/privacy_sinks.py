"""What sinks hold of a person: `{"action": tell | look, "request"}` in, `{"settled", "sinks"}` out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import urllib3
from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.privacy import PrivacySinksEnv
from omnichannel.privacy import sinks
from omnichannel.privacy.regulations import Regulations, token_of
from omnichannel.privacy.sinks import Sinks
from omnichannel.privacy.stores import Desk

log = Logger(service="privacy-sinks")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Raises `SinkBusy` (to be tried again) or `SinkRefused` (for a person to mend, then the request is taken up again)."""
    env, at = PrivacySinksEnv.load(), datetime.now(UTC)
    desk = Desk(request=event["request"], lake=env.lake_bucket, s3=client("s3"))
    known = _sinks(env)
    answer = sinks.tell(desk, desk.subject(), known, at) if event["action"] == "tell" else sinks.look(desk, known, at)
    log.info(event["action"], request=desk.request, settled=answer["settled"], sinks=answer["sinks"])
    return answer


def _sinks(env: PrivacySinksEnv) -> Sinks:
    def regulations() -> Regulations:
        token = token_of(client("secretsmanager"), env.segment_secret)
        return Regulations(endpoint=env.segment_endpoint, token=token, http=_connections())

    return Sinks(
        regulations=regulations if env.segment_secret else None,
        personalize=client("personalize") if env.dataset_group_arn else None,
        dataset_group_arn=env.dataset_group_arn,
        deletion_role_arn=env.deletion_role_arn,
        pinpoint=client("pinpoint") if env.application_id else None,
        application_id=env.application_id,
        profiles=client("customer-profiles") if env.profiles_domain else None,
        profiles_domain=env.profiles_domain,
    )


@cache
def _connections() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=1)
