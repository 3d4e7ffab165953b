"""Personalize's imports and recommenders, one action a call: the state machine waits in between."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts.environment import PersonalizeSetupEnv
from omnichannel.recommendations.setup import act

log = Logger(service="personalize-setup")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """`{"action": import | describe_import | recommender | describe_recommender | status, …}` -> how it stands."""
    state = act(client("personalize"), PersonalizeSetupEnv.load(), event)
    log.info("personalize", action=event["action"], ready=state["ready"], failed=state["failed"], reason=state["reason"])
    return state
