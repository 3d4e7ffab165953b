"""One execution of the onboarding state machine per landed object; the same object twice starts one."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.onboarding import OnboardingStarterEnv
from omnichannel.onboarding.landed import NotAnObjectEvent, execution_name, object_in

logger = Logger(service="onboarding-starter")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a batch of the queue; answers which messages to keep for another try."""
    env, states = OnboardingStarterEnv.load(), client("stepfunctions")
    failed = []
    for record in event["Records"]:
        try:
            start(record["body"], states, env.state_machine_arn)
        except (NotAnObjectEvent, ClientError, BotoCoreError) as failure:
            logger.warning("not started", message_id=record["messageId"], error=type(failure).__name__, detail=str(failure))
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def start(body: str, states: Any, state_machine_arn: str) -> None:
    """Starts the execution of the object that a message names, if it names one and nobody has started it."""
    landed = object_in(body)
    if landed is None:
        return
    name = execution_name(landed.bucket, landed.key, landed.etag)
    try:
        states.start_execution(stateMachineArn=state_machine_arn, name=name, input=json.dumps(landed.to_dict()))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
