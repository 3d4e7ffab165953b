"""Reviews of score runs for people: what waits, what was decided by whom, and the decision, signed with AWS credentials."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.api.problem import problem, reply
from omnichannel.aws.clients import cause, client
from omnichannel.contracts.environment.review import ReviewApiEnv
from omnichannel.review import deciding
from omnichannel.review.desk import Desk
from omnichannel.review.request import Decision, Refused, run_of
from omnichannel.review.signal import Signals
from omnichannel.view.answer import plain

log = Logger(service="review-api")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `GET /reviews?status=`, `GET /reviews/{run}` and `POST /reviews/{run}/approve | reject` (HTTP API, payload version 2.0)."""
    asked = event.get("requestContext") or {}
    request_id, method = str(asked.get("requestId", "")), (asked.get("http") or {}).get("method", "GET")
    env = ReviewApiEnv.load()
    desk = Desk(dynamodb=client("dynamodb"), table=env.reviews_table, signals=Signals(client("stepfunctions")))
    try:
        body = _decided(desk, env, event) if method == "POST" else _shown(desk, event)
    except Refused as refused:
        log.info("refused", request_id=request_id, title=refused.title)
        return problem(refused.status, refused.title, str(refused), request_id)
    except (ClientError, BotoCoreError) as failure:
        log.error("no answer", request_id=request_id, error=cause(failure))  # noqa: TRY400 - without what it was about
        return problem(503, "Not available", "reviews could not be read or decided; try again", request_id)
    return reply(200, "application/json", plain(body))


def _shown(desk: Desk, event: Mapping[str, Any]) -> dict[str, Any]:
    if (event.get("pathParameters") or {}).get("run"):
        return deciding.shown(desk, run_of(event))
    return {"reviews": deciding.listed(desk, (event.get("queryStringParameters") or {}).get("status", ""))}


def _decided(desk: Desk, env: ReviewApiEnv, event: Mapping[str, Any]) -> dict[str, Any]:
    decision = Decision.of(event)
    found = deciding.decide(desk, client("s3"), env.lake_bucket, decision, datetime.now(UTC))
    log.info("decided", run=decision.run, status=found["status"])
    return found
