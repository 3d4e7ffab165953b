"""The customer view for other systems: one customer by our id, by the retailer's own, or by hashed e-mail address."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.api.problem import problem, refusal, reply, request_id
from omnichannel.api.profiles import PATH, SEARCH_PATH
from omnichannel.api.routes import routed
from omnichannel.aws.clients import cause
from omnichannel.aws.customers import customer_item
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.waiting import SECONDS, InTime, waiting_client
from omnichannel.contracts.environment.customers import ProfilesApiEnv
from omnichannel.view.answer import answer
from omnichannel.view.question import Question, Unanswerable

log = Logger(service="profiles-api")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `GET /profiles/{id}?fields=` and `GET /profiles?email_sha256=&fields=` (HTTP API, payload version 2.0)."""
    request = request_id(event)
    env = ProfilesApiEnv.load()
    try:
        routed(event, "GET", PATH, SEARCH_PATH)
        question = Question.of((event.get("pathParameters") or {}).get("id"), event.get("queryStringParameters") or {})
        found = answer(question, customer_item(InTime(waiting_client("dynamodb"), SECONDS), env.customers_table))
    except Unanswerable as unanswerable:
        return refusal(unanswerable, request)
    except (ClientError, BotoCoreError, Unprocessed) as failure:
        # Without its traceback, which may show whom the question was about.
        log.error("no answer", request_id=request, error=cause(failure))  # noqa: TRY400
        return problem(503, "Not available", "the customer view could not be read; try again", request)
    log.info("answered", fields=[field.value for field in question.fields])
    return reply(200, "application/json", found)
