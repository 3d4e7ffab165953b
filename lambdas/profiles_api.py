"""The customer view for other systems: a customer by our id, the retailer's own or a hashed e-mail address, and a segment's customers."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.api.problem import problem, refusal, reply, request_id
from omnichannel.api.profiles import MEMBERS_PATH, PATH, SEARCH_PATH
from omnichannel.api.routes import routed
from omnichannel.aws.clients import cause
from omnichannel.aws.customers import customer_item, customer_items, customers_of_segment
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.waiting import SECONDS, InTime, waiting_client
from omnichannel.contracts.environment.customers import ProfilesApiEnv
from omnichannel.view.answer import answer
from omnichannel.view.fields import Field
from omnichannel.view.members import Asked, page
from omnichannel.view.question import Question, Unanswerable

log = Logger(service="profiles-api")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `GET /profiles/{id}`, `GET /profiles?email_sha256=` and `GET /members?segment=` (HTTP API, payload version 2.0)."""
    request = request_id(event)
    env = ProfilesApiEnv.load()
    try:
        routed(event, "GET", PATH, SEARCH_PATH, MEMBERS_PATH)
        fields, found = _answer(event, InTime(waiting_client("dynamodb"), SECONDS), env.customers_table)
    except Unanswerable as unanswerable:
        return refusal(unanswerable, request)
    except (ClientError, BotoCoreError, Unprocessed) as failure:
        # Without its traceback, which may show whom the question was about.
        log.error("no answer", request_id=request, error=cause(failure))  # noqa: TRY400
        return problem(503, "Not available", "the customer view could not be read; try again", request)
    log.info("answered", fields=[field.value for field in fields])
    return reply(200, "application/json", found)


def _answer(event: Mapping[str, Any], dynamodb: Any, table: str) -> tuple[tuple[Field, ...], dict[str, Any]]:
    """What was asked for, and the answer."""
    query = event.get("queryStringParameters") or {}
    if event.get("routeKey") == f"GET {MEMBERS_PATH}":
        asked = Asked.of(query)
        return asked.fields, page(asked, customers_of_segment(dynamodb, table), customer_items(dynamodb, table))
    question = Question.of((event.get("pathParameters") or {}).get("id"), query)
    return question.fields, answer(question, customer_item(dynamodb, table))
