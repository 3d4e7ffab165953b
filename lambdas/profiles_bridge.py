"""Messaging adapter `connect`, one step a call: `step` is `prove` (a run), `load` (a part as a file) or none: a part in batches.

`{"run", "as_of", "part", "offset"}` in, the same out, and `done`: a part that is not is to be called again with the offset that it
answers. `prove` answers `load`: `yes`, `no`, or `waiting`, to be called again; `load` answers `loading` as long as it is to be.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import connect_adapter, connect_load, parts
from omnichannel.activation.connect_proof import Proof
from omnichannel.activation.connect_sender import ProfileSender
from omnichannel.activation.connect_upload import NotTaken, Uploads
from omnichannel.activation.messaging import Gates
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.pinpoint_adapter import Lake
from omnichannel.activation.sender import SinkUnavailable
from omnichannel.activation.state import State
from omnichannel.aws import products
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.sinks import ProfilesBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.profiles import OBJECT_TYPE
from omnichannel.playbook.actions import playbook

RESERVED_SECONDS = 30.0
"""Of the function's time, kept for remembering the last request and writing the ledger."""

logger = Logger(service="profiles-bridge")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Delivers the part from the offset on; raises `SinkUnavailable` (to be retried) with its ledger written."""
    env = ProfilesBridgeEnv.load()
    match event.get("step"):
        case "prove":
            return _prove(event, env)
        case "load":
            return _load(event, env)
        case _:
            return _deliver(event, env, context)


def _prove(event: dict[str, Any], env: ProfilesBridgeEnv) -> dict[str, Any]:
    proof = Proof(uploads=_uploads(env), lake=_lake(env), state=_state(env), now=datetime.now(UTC))
    load = proof.load(event["run"], int(env.upload_from))
    logger.info("asked for files", run=event["run"], load=load)
    return {"load": load}


def _load(event: dict[str, Any], env: ProfilesBridgeEnv) -> dict[str, Any]:
    """What the service does not take as a file goes by batches, so that a file that fails is told and fails nobody."""
    part, members, outcomes = _part(event, env)
    gates, catalog = Gates.of(env.holdout, playbook()), products.catalog(client("dynamodb", checks=False), env.products_table)
    loading = False
    try:
        loading = connect_load.load(members, outcomes, _state(env), gates, catalog, _uploads(env), _lake(env))
    except NotTaken as refused:
        logger.warning("no file taken", run=part.run, part=part.name, detail=str(refused))
    logger.info("part loaded", run=part.run, part=part.name, loading=loading)
    return {"run": part.run, "as_of": part.as_of, "part": part.key, "offset": 0, "loading": loading}


def _deliver(event: dict[str, Any], env: ProfilesBridgeEnv, context: LambdaContext) -> dict[str, Any]:
    s3, offset = client("s3"), int(event.get("offset", 0))
    part, members, outcomes = _part(event, env)
    if not offset:
        connect_load.leave(part, _uploads(env), _lake(env))
    connect_adapter.resume(members[:offset], outcomes, s3, env.lake_bucket)
    state = _state(env)
    gates, catalog = Gates.of(env.holdout, playbook()), products.catalog(state.dynamodb, env.products_table)
    try:
        place = connect_adapter.deliver(members, outcomes, _sender(env, context), state, gates, catalog, offset=offset)
    except SinkUnavailable:
        outcomes.write(s3, env.lake_bucket)
        raise
    outcomes.write(s3, env.lake_bucket)
    logger.info("part put", run=part.run, offset=place, **outcomes.counts())
    return {"run": part.run, "as_of": part.as_of, "part": part.key, "offset": place, "done": place == len(members)}


def _part(event: dict[str, Any], env: ProfilesBridgeEnv) -> tuple[Part, list[Member], Outcomes]:
    part = parts.ordered(client("s3"), env.lake_bucket, event)
    return part, parts.read(client("s3"), env.lake_bucket, part), Outcomes(part=part, sink=Sink.CONNECT, now=lambda: datetime.now(UTC))


def _state(env: ProfilesBridgeEnv) -> State:
    return State(dynamodb=client("dynamodb", checks=False), customers_table=env.customers_table, sent_table=env.sent_table)


def _lake(env: ProfilesBridgeEnv) -> Lake:
    return Lake(s3=client("s3"), bucket=env.lake_bucket)


def _uploads(env: ProfilesBridgeEnv) -> Uploads:
    return Uploads(profiles=client("customer-profiles"), domain=env.domain)


def _sender(env: ProfilesBridgeEnv, context: LambdaContext) -> ProfileSender:
    return ProfileSender(
        profiles=client("customer-profiles"),
        domain=env.domain,
        object_type=OBJECT_TYPE,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS,
    )
