"""Messaging adapter `pinpoint`, one step a call: `action` is `send` (one part), `start`, `poll` or `campaigns` (the run's import job)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import parts, pinpoint_adapter, pinpoint_project
from omnichannel.activation.messaging import Gates
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.pinpoint_adapter import Lake, Pinpoint
from omnichannel.activation.state import State
from omnichannel.aws import products
from omnichannel.aws.clients import client, client_once
from omnichannel.contracts.environment.sinks import PinpointBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.audiences import audiences_playbook
from omnichannel.playbook.campaigns import campaigns_playbook

logger = Logger(service="pinpoint-bridge")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`send` and `campaigns` answer counts, `start` and `poll` `{"status", "job_id"}` with Pinpoint's own status of the job."""
    env = PinpointBridgeEnv.load()
    lake = Lake(s3=client("s3"), bucket=env.lake_bucket)
    match event["action"]:
        case "send":
            answer = _send(event, env, lake)
        case "start":
            answer = dict(pinpoint_adapter.start(event["run"], event["as_of"], _pinpoint(env), lake))
        case "poll":
            now = datetime.now(UTC)
            answer = dict(pinpoint_adapter.poll(event["run"], event["job_id"], _pinpoint(env), _state(env), lake, now))
        case "campaigns":
            wanted = pinpoint_project.wanted(audiences_playbook(), campaigns_playbook(), playbook(), env.application_id)
            answer = dict(pinpoint_project.arrange(wanted, event["job_id"], _pinpoint(env, client_once), datetime.now(UTC)))
        case other:
            raise ValueError(f"unknown action {other!r}; expected send, start, poll or campaigns")
    logger.info(event["action"], run=event["run"], **answer)
    return answer


def _send(event: dict[str, Any], env: PinpointBridgeEnv, lake: Lake) -> dict[str, Any]:
    part = parts.ordered(lake.s3, lake.bucket, event)
    outcomes = Outcomes(part=part, sink=Sink.PINPOINT, now=lambda: datetime.now(UTC))
    members, gates = parts.read(lake.s3, lake.bucket, part), Gates.of(env.holdout, playbook())
    catalog = products.catalog(client("dynamodb", checks=False), env.products_table)
    pending = pinpoint_adapter.send(members, outcomes, _state(env), gates, catalog, _pinpoint(env), lake)
    return {"done": True, "pending": pending, **outcomes.counts()}


def _pinpoint(env: PinpointBridgeEnv, make: Callable[[str], Any] = client) -> Pinpoint:
    return Pinpoint(client=make("pinpoint"), application_id=env.application_id, import_role_arn=env.import_role_arn)


def _state(env: PinpointBridgeEnv) -> State:
    return State(dynamodb=client("dynamodb", checks=False), customers_table=env.customers_table, sent_table=env.sent_table)
