"""Asking a recommender, for somebody who waits: found by its name, answered within a second or not at all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own
from botocore.parsers import ResponseParserError
from botocore.session import Session

from omnichannel.contracts.recommendations import recommender_name
from omnichannel.recommendations.answer import Ask, Dark, Recommended

NAMES_SECONDS = 300
"""How long the list of recommenders is believed."""
BUDGET_SECONDS, TRY_SECONDS = 0.9, 0.5
"""No try begins unless so much of the budget is left; the slowest of all, connecting included, ends within a second."""
TRIES = 2
_BUSY = ("ThrottlingException", "LimitExceededException", "TooManyRequestsException", "RequestLimitExceeded")
_ONCE = Config(connect_timeout=0.25, read_timeout=0.35, retries={"mode": "standard", "total_max_attempts": 1})
# State is worth more patience: without it there is no answer at all.
_STATE = Config(connect_timeout=0.5, read_timeout=2.0, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def _session() -> Session:
    # Botocore's own: boto3 would be a seventh of this function's start, and adds nothing to a client that we use.
    return Session()


@cache
def waiting_client(name: str) -> Any:
    """The process's client of one service for calls that must be answered at once."""
    return _session().create_client(name, config=_STATE if name == "dynamodb" else _ONCE)


@dataclass
class Recommenders:
    """The recommenders of one dataset group. Callers say what they want recommended; they never choose ARNs.

    `personalize` and `runtime` make a client when they are called: without a dataset group nobody does.
    """

    dataset_group_arn: str
    personalize: Callable[[], Any]
    runtime: Callable[[], Any]
    clock: Callable[[], float]
    _arns: dict[str, str] = field(default_factory=dict)
    _listed_at: float | None = None

    def recommend(self, ask: Ask) -> Recommended:
        """What the recommender answers; raises `Dark` when there is none, or none that answers in time."""
        if not self.dataset_group_arn:
            raise Dark("no dataset group")
        until = self.clock() + BUDGET_SECONDS
        request: dict[str, Any] = {"recommenderArn": self._arn(ask, until), "numResults": ask.results}
        told = {"userId": ask.customer_id, "itemId": ask.product_id, "context": dict(ask.context)}
        request |= {name: value for name, value in told.items() if value}
        answer = self._tried(lambda: self.runtime().get_recommendations(**request), until)
        return Recommended(
            recommendation_id=answer.get("recommendationId", ""),
            product_ids=[item["itemId"] for item in answer.get("itemList", ()) if item.get("itemId")],
        )

    def _tried(self, call: Callable[[], Any], until: float) -> Any:
        """The call's answer, at the second try when the first was refused for a moment and there is time."""
        for tried in range(1, TRIES + 1):
            try:
                return call()
            except (ClientError, BotoCoreError, ResponseParserError) as failure:
                if tried == TRIES or not _passing(failure) or self.clock() + TRY_SECONDS > until:
                    raise Dark(_named(failure)) from failure
        raise AssertionError("every try answers or raises")

    def _arn(self, ask: Ask, until: float) -> str:
        name = recommender_name(self.dataset_group_arn, ask.recommender)
        now = self.clock()
        # A name that is missing may have been made since, so it is looked up anew; a known one is believed.
        if name not in self._arns or self._listed_at is None or now - self._listed_at >= NAMES_SECONDS:
            self._arns, self._listed_at = self._tried(self._list, until), now
        if name not in self._arns:
            raise Dark("no active recommender")
        return self._arns[name]

    def _list(self) -> dict[str, str]:
        pages = self.personalize().get_paginator("list_recommenders").paginate(datasetGroupArn=self.dataset_group_arn)
        return {each["name"]: each["recommenderArn"] for page in pages for each in page["recommenders"] if each["status"] == "ACTIVE"}


def _passing(failure: Exception) -> bool:
    """Whether the same call may be answered a moment later."""
    if not isinstance(failure, ClientError):
        return isinstance(failure, HTTPClientError | ConnectionError | ResponseParserError)
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or _named(failure) in _BUSY


def _named(failure: Exception) -> str:
    return str(failure.response["Error"]["Code"]) if isinstance(failure, ClientError) else type(failure).__name__
