"""Pipelines while they run: a state machine of them followed to its end, with the step that each is at."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sandbox.cloud import Cloud
from sandbox.flow import executions
from sandbox.flow.progress import Tell

SANDBOX_SECONDS, AWS_SECONDS = 1800.0, 12 * 3600.0


def follow(cloud: Cloud, machine: str, as_of: date, pipelines: Mapping[str, str], *, step: str, tell: Tell) -> None:
    """Run a state machine for a date to its end; `pipelines` are the names to say -> the pipelines that it starts.

    Raises `SandboxError` with the failing step's own words.
    """
    states = cloud.client("stepfunctions")
    known = {name: _newest(cloud.client("sagemaker"), pipeline) for name, pipeline in pipelines.items()}
    arn = executions.start(states, machine, {"as_of": as_of.isoformat()})
    executions.follow(
        states,
        arn,
        step=step,
        seconds=SANDBOX_SECONDS if cloud.sandboxed else AWS_SECONDS,
        tell=lambda _: tell(standing(cloud.client("sagemaker"), pipelines, known)),
        hint=_hint(cloud),
    )


def standing(sagemaker: Any, pipelines: Mapping[str, str], known: Mapping[str, str]) -> str:
    """Which step each pipeline's newest execution is at; executions that were `known` before are not told again."""
    told = (f"{name} {_step(sagemaker, pipeline, known.get(name, ''))}" for name, pipeline in pipelines.items())
    return ", ".join(words for words in told if not words.endswith(" "))


def _newest(sagemaker: Any, pipeline: str) -> str:
    """The ARN of a pipeline's newest execution; empty before the first."""
    found = sagemaker.list_pipeline_executions(PipelineName=pipeline, MaxResults=1)["PipelineExecutionSummaries"]
    return str(found[0]["PipelineExecutionArn"]) if found else ""


def _step(sagemaker: Any, pipeline: str, known: str) -> str:
    arn = _newest(sagemaker, pipeline)
    if arn == known:
        return ""
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    working = [step["StepName"] for step in steps if step["StepStatus"] in ("Starting", "Executing")]
    done = sum(step["StepStatus"] == "Succeeded" for step in steps)
    if working:
        return f"{' and '.join(working)} ({done} steps done)"
    return str(sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]).lower()


def _hint(cloud: Cloud) -> str:
    """Where to look when a pipeline failed."""
    logs = cloud.sandbox.directory / "twins/sagemaker/jobs" if cloud.sandbox else "CloudWatch"
    return f"another --as-of where the reason names dates; else the log of the step's job, in {logs}"
