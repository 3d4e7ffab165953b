"""Recommendations by placement, with names, prices and stock; the own recommender's whenever Personalize is dark."""

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.api.problem import Unanswerable, problem, refusal, reply, request_id, sized
from omnichannel.api.recommendations import PATH
from omnichannel.api.routes import routed
from omnichannel.aws.clients import cause
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.products import catalog
from omnichannel.aws.recommenders import Recommenders
from omnichannel.aws.shelves import in_stock, lists
from omnichannel.aws.shoppers import shopper
from omnichannel.aws.waiting import SECONDS, InTime, waiting_client
from omnichannel.contracts.environment.recommendations import RecommendationsApiEnv
from omnichannel.playbook.promotions import promotions, running
from omnichannel.recommendations.answer import MAX_AGE, Shop, answer
from omnichannel.recommendations.asking import from_json
from omnichannel.recommendations.question import Question

# Not Powertools' logger, whose import is a sixth of this function's start.
_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `GET /recommendations/{placement}` (HTTP API, payload version 2.0) as `docs/openapi.json` says."""
    request = request_id(event)
    try:
        routed(event, "GET", PATH)
        sized(event)
        question = Question.of((event.get("pathParameters") or {}).get("placement", ""), event.get("queryStringParameters") or {})
        found = _answer(question, RecommendationsApiEnv.load())
    except Unanswerable as unanswerable:
        return refusal(unanswerable, request)
    except (ClientError, BotoCoreError, Unprocessed) as failure:
        # Without its traceback, which may show whom the question was about.
        _tell(logging.ERROR, "no answer", request, error=cause(failure))
        return problem(503, "Not available", "the products could not be read; try again", request)
    told = {"placement": question.placement, "items": len(found["items"]), "recommended": found["recommendationId"] is not None}
    _tell(logging.INFO, "answered", request, **told)
    return reply(200, "application/json", found, max_age=MAX_AGE[question.placement], personal=bool(question.key))


def _answer(question: Question, env: RecommendationsApiEnv) -> dict[str, Any]:
    dynamodb, today = InTime(waiting_client("dynamodb"), SECONDS), datetime.now(UTC).date()
    recommenders = _recommenders(env.dataset_group_arn, env.personalize_asks)
    shop = Shop(
        recommend=recommenders.recommend,
        rank=recommenders.rank,
        catalog=catalog(dynamodb, env.products_table),
        lists=lists(dynamodb, env.products_table),
        in_stock=partial(in_stock, dynamodb, env.products_table),
        promotions=lambda placement: running(placement, today, promotions()),
    )
    return answer(question, shopper(dynamodb, env.customers_table, question.key), shop)


@cache
def _recommenders(dataset_group_arn: str, asks: str) -> Recommenders:
    return Recommenders(
        dataset_group_arn=dataset_group_arn,
        asking=from_json(asks) if dataset_group_arn else {},
        runtime=partial(waiting_client, "personalize-runtime"),
        clock=time.monotonic,
    )


def _tell(level: int, message: str, request: str, **what: object) -> None:
    _log.log(level, json.dumps({"message": message, "service": "recommendations-api", "request_id": request, **what}))
