"""Asking a recommender, for somebody who waits: found by its name, answered within a second or not at all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import session
from omnichannel.contracts.recommendations import recommender_name
from omnichannel.recommendations.answer import Ask, Dark, Recommended

NAMES_SECONDS = 300
"""How long the list of recommenders is believed."""
# One retry, for a connection that broke; whoever waits is better served with popular products than with patience.
_CONFIG = Config(connect_timeout=0.3, read_timeout=0.7, retries={"mode": "standard", "total_max_attempts": 2})


@cache
def waiting_client(name: str) -> Any:
    """The process's client of one service for calls that must be answered at once."""
    make: Any = session().client  # its types name every service, and nobody's variable
    return make(name, config=_CONFIG)


@dataclass
class Recommenders:
    """The recommenders of one dataset group. Callers say what they want recommended; they never choose ARNs."""

    dataset_group_arn: str
    personalize: Any
    runtime: Any
    clock: Callable[[], float]
    _arns: dict[str, str] = field(default_factory=dict)
    _listed_at: float | None = None

    def recommend(self, ask: Ask) -> Recommended:
        """What the recommender answers; raises `Dark` when there is none, or none that answers."""
        try:
            request: dict[str, Any] = {"recommenderArn": self._arn(ask), "numResults": ask.results}
            if ask.customer_id:
                request["userId"] = ask.customer_id
            if ask.product_id:
                request["itemId"] = ask.product_id
            answer = self.runtime.get_recommendations(**request)
        except ClientError as refused:
            raise Dark(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise Dark(type(broken).__name__) from broken
        return Recommended(
            recommendation_id=answer.get("recommendationId", ""), product_ids=[item["itemId"] for item in answer["itemList"]]
        )

    def _arn(self, ask: Ask) -> str:
        name = recommender_name(self.dataset_group_arn, ask.recommender)
        if not self.dataset_group_arn:
            raise Dark("no dataset group")
        now = self.clock()
        # A name that is missing may have been made since, so it is looked up anew; a known one is believed.
        if name not in self._arns or self._listed_at is None or now - self._listed_at >= NAMES_SECONDS:
            self._arns, self._listed_at = self._list(), now
        if name not in self._arns:
            raise Dark("no active recommender")
        return self._arns[name]

    def _list(self) -> dict[str, str]:
        pages = self.personalize.get_paginator("list_recommenders").paginate(datasetGroupArn=self.dataset_group_arn)
        return {each["name"]: each["recommenderArn"] for page in pages for each in page["recommenders"] if each["status"] == "ACTIVE"}
