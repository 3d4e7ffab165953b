"""Start one pipeline for a date, or tell how an execution stands: `{"action": "start" | "describe", …}` in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.propensity import PipelineRunEnv
from omnichannel.contracts.pipelines import Definition
from omnichannel.scoring import data_check, runs
from omnichannel.scoring.champion import NoApprovedModel

logger = Logger(service="pipeline-run")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Start: `{"definition", "as_of"?, "asked_at"?, "execution"?}` -> `{"definition", "as_of", "run", "execution_arn"}`, or
    `{"definition", "no_model"}` with what would help where there is nothing to score with. Describe: `{"definition", "run",
    "execution_arn"}` -> the same with `status` and `failure`.

    `execution` names whoever asks (the state machine's execution): asked again under the same name, SageMaker starts nothing twice.
    Without a date the day before `asked_at` is scored.
    """
    env = PipelineRunEnv.load()
    match event["action"]:
        case "start":
            return start(env, event, asked_by=event.get("execution") or context.aws_request_id)
        case "describe":
            return describe(env, Definition(event["definition"]), str(event["run"]), str(event["execution_arn"]))
        case unknown:
            raise ValueError(f"unknown action {unknown!r}; expected start or describe")


def start(env: PipelineRunEnv, event: Mapping[str, Any], asked_by: str) -> dict[str, Any]:
    """Starts the pipeline."""
    asked_at = datetime.fromisoformat(event["asked_at"]) if event.get("asked_at") else datetime.now(UTC)
    as_of = date.fromisoformat(event["as_of"]) if event.get("as_of") else runs.day_before(asked_at)
    definition = Definition(event["definition"])
    try:
        started = runs.start(client("sagemaker"), env.prefix, definition, as_of, asked_by)
    except NoApprovedModel as missing:
        # An answer and no error: the state machine fails by that name, in these words.
        return {"definition": str(definition), "no_model": str(missing)}
    logger.info("pipeline started", **started)
    return started


def describe(env: PipelineRunEnv, definition: Definition, run: str, execution_arn: str) -> dict[str, Any]:
    """How it stands; once it is over, CloudWatch hears how many data sets were missing."""
    standing = {"definition": str(definition), "run": run, **runs.describe(client("sagemaker"), execution_arn)}
    if standing["status"] in runs.OVER:
        silent = data_check.silent_data_sets(client("s3"), env.lake_bucket, definition, run, standing["failure"])
        if silent is not None:
            data_check.tell(silent, deployment=env.glue_database)
    return standing
