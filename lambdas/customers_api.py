"""The customer view for other systems: one customer by our id, by the retailer's own, or by hashed e-mail address."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import cause, client
from omnichannel.aws.customers import customer_item
from omnichannel.contracts.environment import CustomersApiEnv
from omnichannel.view.answer import answer
from omnichannel.view.question import Question, Unanswerable

log = Logger(service="customers-api")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `GET /customers/{id}?fields=` and `GET /customers?email_sha256=&fields=` (HTTP API, payload version 2.0)."""
    request_id = str((event.get("requestContext") or {}).get("requestId", ""))
    env = CustomersApiEnv.load()
    try:
        question = Question.of((event.get("pathParameters") or {}).get("id"), event.get("queryStringParameters") or {})
        found = answer(question, customer_item(client("dynamodb"), env.customers_table))
    except Unanswerable as unanswerable:
        return _problem(unanswerable.status, unanswerable.title, str(unanswerable), request_id)
    except (ClientError, BotoCoreError) as failure:
        # Without its traceback, which may show whom the question was about.
        log.error("no answer", request_id=request_id, error=cause(failure))  # noqa: TRY400
        return _problem(503, "Not available", "the customer view could not be read; try again", request_id)
    log.info("answered", fields=[field.value for field in question.fields])
    return _reply(200, "application/json", found)


def _problem(status: int, title: str, detail: str, request_id: str) -> dict[str, Any]:
    """RFC 9457: what was wrong, and the id under which the log knows it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": f"urn:request:{request_id}"}
    return _reply(status, "application/problem+json", body)


def _reply(status: int, content_type: str, body: Mapping[str, object]) -> dict[str, Any]:
    headers = {"content-type": content_type, "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
