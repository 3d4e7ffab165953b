"""Asking a recommender or a campaign, for somebody who waits: known by its name, answered within a second or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own
from botocore.parsers import ResponseParserError

from omnichannel.contracts.recommendations import Placement, own_arn
from omnichannel.recommendations.answer import Ask, Dark, Recommended
from omnichannel.recommendations.asking import Asking

MISSING_SECONDS = {"ResourceNotFoundException": 300, "InvalidInputException": 30}
"""For how long who is not there, or not ready, is not asked again; a refusal of the second kind may be about one question alone."""
BUDGET_SECONDS, TRY_SECONDS = 0.9, 0.5
"""No try begins unless so much of the budget is left; the slowest of all, connecting included, ends within a second."""
TRIES = 2
_BUSY = ("ThrottlingException", "LimitExceededException", "TooManyRequestsException", "RequestLimitExceeded")


class _Missing(Exception):
    """Who was asked, or the filter, is not there or not ready; believed for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass
class Recommenders:
    """Who recommends in one dataset group, by placement. Callers say what they want recommended; they never choose ARNs.

    `runtime` makes a client when it is called: without a dataset group nobody does. `clock` is in seconds.
    """

    dataset_group_arn: str
    asking: Mapping[Placement, Asking]
    runtime: Callable[[], Any]
    clock: Callable[[], float]
    _missing: dict[str, float] = field(default_factory=dict)

    def recommend(self, ask: Ask) -> Recommended:
        """What the first who is there answers; raises `Dark` when nobody is, or nobody answers in time."""
        asking, until = self._asking(ask.placement), self.clock() + BUDGET_SECONDS
        told = {"userId": ask.customer_id, "itemId": ask.product_id, "context": dict(ask.context)}
        request = {"numResults": ask.results, **{name: value for name, value in told.items() if value}}
        for source in filter(self._there, asking.sources):
            try:
                answer = self._recommended(source, asking.filter, request, until)
            except _Missing as missing:
                self._forget(source, missing)
                continue
            return _told(answer, "itemList")
        raise Dark("nobody to ask")

    def rank(self, placement: Placement, customer_id: str, product_ids: Sequence[str]) -> Recommended:
        """The products as the customer will like them; raises `Dark` when nobody ranks them, or not in time."""
        ranking, until = self._asking(placement).ranking, self.clock() + BUDGET_SECONDS
        if not self._there(ranking):
            raise Dark("nobody to ask")
        request = {"campaignArn": self._arn(ranking), "userId": customer_id, "inputList": list(product_ids)}
        try:
            answer = self._tried(lambda: self.runtime().get_personalized_ranking(**request), until)
        except _Missing as missing:
            self._forget(ranking, missing)
            raise Dark("nobody to ask") from missing
        return _told(answer, "personalizedRanking")

    def _recommended(self, source: str, named: str, request: Mapping[str, Any], until: float) -> Any:
        """The answer with the filter, or without it when that is not there; raises `_Missing` when the source is not."""
        filtered = {"filterArn": self._arn(named)} if self._there(named) else {}
        whole = {f"{source.partition('/')[0]}Arn": self._arn(source), **filtered, **request}
        try:
            return self._tried(lambda: self.runtime().get_recommendations(**whole), until)
        except _Missing as missing:
            if not filtered:
                raise
            answer = self._recommended(source, "", request, until)
            self._forget(named, missing)
            return answer

    def _tried(self, call: Callable[[], Any], until: float) -> Any:
        """The call's answer, at the second try when the first was refused for a moment and there is time."""
        for tried in range(1, TRIES + 1):
            if self.clock() + TRY_SECONDS > until:
                raise Dark("no time")
            try:
                return call()
            except (ClientError, BotoCoreError, ResponseParserError) as failure:
                if seconds := MISSING_SECONDS.get(_named(failure)):
                    raise _Missing(seconds) from failure
                if tried == TRIES or not _passing(failure) or self.clock() + TRY_SECONDS > until:
                    raise Dark(_named(failure)) from failure
        raise AssertionError("every try answers or raises")

    def _asking(self, placement: Placement) -> Asking:
        return self.asking.get(placement, Asking()) if self.dataset_group_arn else Asking()

    def _there(self, thing: str) -> bool:
        return bool(thing) and self._missing.get(thing, -inf) <= self.clock()

    def _forget(self, thing: str, missing: _Missing) -> None:
        self._missing[thing] = self.clock() + missing.seconds

    def _arn(self, thing: str) -> str:
        return own_arn(self.dataset_group_arn, thing)


def _told(answer: Mapping[str, Any], listed: str) -> Recommended:
    ids = [item["itemId"] for item in answer.get(listed, ()) if item.get("itemId")]
    return Recommended(recommendation_id=answer.get("recommendationId", ""), product_ids=ids)


def _passing(failure: Exception) -> bool:
    """Whether the same call may be answered a moment later."""
    if not isinstance(failure, ClientError):
        return isinstance(failure, HTTPClientError | ConnectionError | ResponseParserError)
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or _named(failure) in _BUSY


def _named(failure: Exception) -> str:
    return str(failure.response["Error"]["Code"]) if isinstance(failure, ClientError) else type(failure).__name__
