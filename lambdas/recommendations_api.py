"""Recommendations by placement, with names, prices and stock; popular products whenever Personalize is dark."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import cause, client
from omnichannel.aws.customers import customer_named
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.products import catalog, popular
from omnichannel.aws.recommenders import Recommenders, waiting_client
from omnichannel.contracts.environment import RecommendationsApiEnv
from omnichannel.recommendations.answer import answer
from omnichannel.recommendations.question import Question, Unanswerable

log = Logger(service="recommendations-api")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `GET /recommendations/{placement}?customer_id=&customer_ref=&product_id=&limit=` (HTTP API, payload version 2.0)."""
    request_id = str((event.get("requestContext") or {}).get("requestId", ""))
    try:
        question = Question.of((event.get("pathParameters") or {}).get("placement", ""), event.get("queryStringParameters") or {})
        found = _answer(question, RecommendationsApiEnv.load())
    except Unanswerable as unanswerable:
        return _problem(unanswerable.status, unanswerable.title, str(unanswerable), request_id)
    except (ClientError, BotoCoreError, Unprocessed) as failure:
        # Without its traceback, which may show whom the question was about.
        log.error("no answer", request_id=request_id, error=cause(failure))  # noqa: TRY400
        return _problem(503, "Not available", "the products could not be read; try again", request_id)
    log.info("answered", placement=question.placement, items=len(found["items"]), recommended=found["recommendationId"] is not None)
    return _reply(200, "application/json", found)


def _answer(question: Question, env: RecommendationsApiEnv) -> dict[str, Any]:
    dynamodb = client("dynamodb")
    return answer(
        question,
        customer_named(dynamodb, env.customers_table, question.customer_id, question.customer_ref),
        recommend=_recommenders(env.dataset_group_arn).recommend,
        catalog=catalog(dynamodb, env.products_table),
        popular=lambda: popular(dynamodb, env.products_table),
    )


@cache
def _recommenders(dataset_group_arn: str) -> Recommenders:
    return Recommenders(
        dataset_group_arn=dataset_group_arn,
        personalize=waiting_client("personalize"),
        runtime=waiting_client("personalize-runtime"),
        clock=time.monotonic,
    )


def _problem(status: int, title: str, detail: str, request_id: str) -> dict[str, Any]:
    """RFC 9457: what was wrong, and the id under which the log knows it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": f"urn:request:{request_id}"}
    return _reply(status, "application/problem+json", body)


def _reply(status: int, content_type: str, body: Mapping[str, object]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": content_type}, "body": json.dumps(body)}
