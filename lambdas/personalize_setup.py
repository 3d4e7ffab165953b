"""Personalize's life cycle, one action a call: the state machine waits in between."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.recommendations import PersonalizeSetupEnv
from omnichannel.playbook.personalize import wanted
from omnichannel.recommendations.setup import act

log = Logger(service="personalize-setup")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """`{"action": import | describe_import | recommenders | solutions | filters | campaigns | email | status, …}` -> how it stands."""
    state = act(client("personalize"), PersonalizeSetupEnv.load(), wanted(), event)
    told = {name: state.get(name) for name in ("ready", "failed", "reason", "notes", "steps")}
    log.info("personalize", extra={"action": event["action"], **told})
    return state
