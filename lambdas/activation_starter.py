"""Start the activation of a date once every model has a manifest for it: EventBridge events from a queue.

A manifest whose date lacks another model's goes back to the queue, so that waiting has an end: the queue's age alarms after an hour, and
what still waits after its tries is a dead letter. The last model starts the activation by its own manifest, however late.
"""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.activation import starter
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import ActivationStarterEnv

logger = Logger(service="activation-starter")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handles each message by itself; those that failed or wait go back to the queue, and in the end to its dead letters."""
    env = ActivationStarterEnv.load()
    failures = []
    for record in event["Records"]:
        try:
            _handle(record["body"], env)
        except starter.Waiting as waiting:
            logger.info("waiting for the other models", message_id=record["messageId"], detail=str(waiting))
            failures.append({"itemIdentifier": record["messageId"]})
        except (starter.NotAManifest, KeyError, ValueError, ClientError, BotoCoreError) as failure:
            logger.warning("message failed", message_id=record["messageId"], error=type(failure).__name__, detail=str(failure))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _handle(body: str, env: ActivationStarterEnv) -> None:
    key = json.loads(body)["detail"]["object"]["key"]
    _, as_of, _ = starter.parse(key)
    wanted = starter.activation(client("s3"), env.lake_bucket, as_of)
    started = starter.start(client("stepfunctions"), env.state_machine_arn, wanted)
    logger.info("activation started" if started else "activation had been started", execution=wanted.execution, **wanted.input)
