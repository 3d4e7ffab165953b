"""The next best action of one customer, now, for whoever signs for the question."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.api.decisions import PATH
from omnichannel.api.problem import problem, refusal, reply, request_id
from omnichannel.api.routes import routed
from omnichannel.aws.clients import cause
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.waiting import SECONDS, InTime, waiting_client
from omnichannel.contracts.environment.activation import DecisionsApiEnv
from omnichannel.decisions.answer import answer
from omnichannel.decisions.fresh import Fresh, NotScored, scorer
from omnichannel.decisions.question import Question, Unanswerable
from omnichannel.decisions.store import Store
from omnichannel.playbook.actions import playbook

SCORE_SECONDS, SCORED_SECONDS = 8.0, 24.0
"""For so long scores are asked for, and tables where a score is waited for: with the longest call 28 of the function's 29 seconds."""

log = Logger(service="decisions-api")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers `POST /decisions` (HTTP API, payload version 2.0)."""
    request = request_id(event)
    env, rules = DecisionsApiEnv.load(), playbook()
    try:
        routed(event, "POST", PATH)
        question = Question.of(event)
        store, fresh = _sources(env, fresh=question.fresh)
        found = answer(question, store, rules, datetime.now(UTC), fresh)
    except Unanswerable as unanswerable:
        log.info("refused", request_id=request, status=unanswerable.status)
        return refusal(unanswerable, request)
    except (ClientError, BotoCoreError, Unprocessed, NotScored) as failure:
        # Without its traceback, which may show whom the question was about.
        log.error("no answer", request_id=request, error=cause(failure))  # noqa: TRY400
        return problem(503, "Not available", "what the decision needs could not be read; try again", request)
    told = {"action": found["decision"]["action"], "fresh": question.fresh, "unreadable": dict(store.reader.unreadable)}
    log.info("decided", request_id=request, playbook=rules.digest, **told)
    return reply(200, "application/json", found)


def _sources(env: DecisionsApiEnv, *, fresh: bool) -> tuple[Store, Fresh | None]:
    """The tables, and who scores on demand, if anybody does; both answer in time or not at all."""
    dynamodb = InTime(waiting_client("dynamodb"), SCORED_SECONDS if fresh else SECONDS)
    tables = {"customers_table": env.customers_table, "products_table": env.products_table, "sent_table": env.sent_table}
    store = Store(dynamodb=dynamodb, **tables)
    if not (fresh and env.score_function):
        return store, None
    return store, scorer(InTime(waiting_client("lambda"), SCORE_SECONDS), env.score_function)
