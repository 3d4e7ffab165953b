"""Take a deployment down: first what CloudFormation does not own, then every stack, then a look at what still carries its tags.

Where the environment keeps its data (staging), tables, objects, keys and logs stay and are among what remains.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.deployment import APP
from sandbox import cdk, launcher, personalize_takedown
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.inventory import resources
from sandbox.state import ROOT, home
from stacks.settings import POLICIES, Environment

BUCKET = "AWS::S3::Bucket"
LOG_GROUP = "AWS::Logs::LogGroup"
JOBS = {"ProcessingJob": "ProcessingJobs", "TrainingJob": "TrainingJobs", "TransformJob": "TransformJobs", "TuningJob": "TrainingJobs"}
"""Kind of job in a step's metadata -> the log group that SageMaker keeps for all of that kind, whoever's they are."""
NOT_FOUND = "ResourceNotFoundException"
NO_MODEL = "ValidationException"
"""SageMaker's word for a model that it cannot find is that the request is not valid."""
ATTEMPTS = 3
"""Access logs arrive for a while after the last request, and a bucket that received some in between does not go."""

Tell = Callable[[str], None]


@dataclass
class Destroyed:
    """What was removed, by kind, and the ARNs that still carry the deployment's tags."""

    removed: dict[str, int] = field(default_factory=dict)
    remaining: list[str] = field(default_factory=list)

    def count(self, kind: str, number: int) -> None:
        """Add to what was removed."""
        if number:
            self.removed[kind] = self.removed.get(kind, 0) + number

    def __str__(self) -> str:
        return ", ".join(f"{number} {kind}" for kind, number in self.removed.items()) or "nothing"


def destroyable(environment: str) -> Environment:
    """The environment of that name, if it may be taken down; else a SandboxError that says what to do instead."""
    try:
        found = Environment(environment)
    except ValueError as unknown:
        known = " | ".join(e for e in Environment if e is not Environment.PROD)
        raise SandboxError("destroying", f"{environment!r} is no environment", hint=f"--environment {known}") from unknown
    if POLICIES[found].deletion_protection:
        reason = f"{environment} is protected: its stacks and tables refuse to be deleted"
        raise SandboxError("destroying", reason, hint="lift the protection of each stack by hand, if that is what you mean")
    return found


def destroy(cloud: Cloud, *, tell: Tell = lambda _: None, pause: Callable[[float], None] = time.sleep) -> Destroyed:
    """Take everything down. Raises SandboxError when nothing is deployed, or when a stack does not go."""
    keeps_data = POLICIES[destroyable(cloud.environment)].retain_data
    done = Destroyed()
    take_down_recommendations(cloud, done, tell, pause)
    take_down_models(cloud, done, tell)
    groups = [] if keeps_data else [r.id for r in resources(cloud) if r.type == LOG_GROUP]
    if not keeps_data:
        drop_tables(cloud, done, tell)
    for attempt in range(1, ATTEMPTS + 1):
        if not keeps_data:
            empty_buckets(cloud, done, tell)
        tell(f"removed {done}; now the stacks")
        code, log = _destroy_stacks(cloud, tell)
        if code == 0:
            break
        if attempt == ATTEMPTS:
            raise SandboxError("cdk destroy", launcher.tail(log), log=log, hint="what the reason says, then omni destroy again")
    # What still ran while its stack went may have made its log group anew.
    logs = cloud.client("logs")
    done.count("log groups", sum(_deleted(logs.delete_log_group, NOT_FOUND, logGroupName=group) for group in groups))
    done.remaining = tagged(cloud)
    return done


def take_down_recommendations(cloud: Cloud, done: Destroyed, tell: Tell, pause: Callable[[float], None]) -> None:
    """What Personalize has in the app's dataset group, which CloudFormation cannot make; the group itself goes with its stack."""
    if group := cloud.deployment.personalize_dataset_group:
        personalize_takedown.stop_runs(cloud.client("stepfunctions"), cloud.deployment.personalize_state_machine, tell=tell)
        personalize_takedown.take_down(cloud.client("personalize"), group, count=done.count, tell=tell, pause=pause)


def take_down_models(cloud: Cloud, done: Destroyed, tell: Tell) -> None:
    """What executions of the pipelines left: models, the jobs' logs, and versions in the registry."""
    sagemaker = cloud.client("sagemaker")
    deployed = cloud.deployment
    pipelines = (
        deployed.churn_train_pipeline,
        deployed.churn_score_pipeline,
        deployed.repurchase_train_pipeline,
        deployed.repurchase_score_pipeline,
        deployed.audiences_pipeline,
    )
    for name in filter(None, pipelines):
        tell(f"what the pipeline {name} left")
        executions = sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=name)
        for execution in (each for page in executions for each in page["PipelineExecutionSummaries"]):
            _forget_execution(cloud, execution["PipelineExecutionArn"], done)
    for name in filter(None, (deployed.churn_models, deployed.repurchase_models)):
        packages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name)
        arns = [each["ModelPackageArn"] for page in packages for each in page["ModelPackageSummaryList"]]
        for arn in arns:
            sagemaker.delete_model_package(ModelPackageName=arn)
        done.count("model packages", len(arns))


def drop_tables(cloud: Cloud, done: Destroyed, tell: Tell) -> None:
    """Every table of the trusted database; the objects go with their bucket."""
    tell("trusted tables")
    glue, database = cloud.client("glue"), cloud.deployment.glue_database
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    try:
        names = [table["Name"] for page in pages for table in page["TableList"]]
    except glue.exceptions.EntityNotFoundException:
        return
    for name in names:
        glue.delete_table(DatabaseName=database, Name=name)
    done.count("tables", len(names))


def empty_buckets(cloud: Cloud, done: Destroyed, tell: Tell) -> None:
    """Every object, version and delete marker of the stacks' buckets."""
    s3 = cloud.client("s3")
    for bucket in (r.id for r in resources(cloud) if r.type == BUCKET and r.status != "DELETE_COMPLETE"):
        tell(f"objects of {bucket}")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if not versions:
                continue
            named = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True}).get("Errors", [])
            if refused:
                raise SandboxError(f"emptying {bucket}", f"{refused[0]['Key']}: {refused[0]['Code']} {refused[0].get('Message', '')}")
            done.count("objects", len(named))


def tagged(cloud: Cloud) -> list[str]:
    """The ARNs that carry the deployment's tags, sorted. AWS lists what was deleted for some minutes more, keys for their waiting time."""
    filters = [{"Key": "app", "Values": [APP]}, {"Key": "environment", "Values": [cloud.environment]}]
    pages = cloud.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    return sorted(each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"])


def _forget_execution(cloud: Cloud, arn: str, done: Destroyed) -> None:
    """One execution's models and the log streams of its jobs; the jobs themselves are records that AWS keeps."""
    sagemaker = cloud.client("sagemaker")
    if sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing":
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=f"{APP}-destroy-{arn[-12:]:0>20}")
    steps = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
    for step in (each for page in steps for each in page["PipelineExecutionSteps"]):
        for kind, made in step.get("Metadata", {}).items():
            name = made.get("Arn", "").rpartition("/")[2] if isinstance(made, dict) else ""
            if kind == "Model" and name:
                done.count("models", _deleted(sagemaker.delete_model, NO_MODEL, ModelName=name))
            elif kind in JOBS and name:
                done.count("log streams", _forget_logs(cloud.client("logs"), f"/aws/sagemaker/{JOBS[kind]}", _streams(kind, name)))


def _streams(kind: str, job: str) -> str:
    """What the names of a job's log streams begin with; a tuning job has none of its own, and its trials have its name and a number."""
    return f"{job}-" if kind == "TuningJob" else f"{job}/"


def _forget_logs(logs: Any, group: str, prefix: str) -> int:
    try:
        pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=prefix)
        streams = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    except logs.exceptions.ResourceNotFoundException:
        return 0
    for stream in streams:
        logs.delete_log_stream(logGroupName=group, logStreamName=stream)
    return len(streams)


def _deleted(delete: Callable[..., Any], absent: str, **which: str) -> bool:
    """Whether it was there to be deleted; `absent` is the error code with which the service says that it was not."""
    try:
        delete(**which)
    except ClientError as error:
        if error.response["Error"]["Code"] != absent:
            raise
        return False
    return True


def _destroy_stacks(cloud: Cloud, tell: Tell) -> tuple[int, Path]:
    """`cdk destroy --all`: its exit code and its log."""

    def on_line(line: str) -> None:
        found = cdk.progress(line)
        if found:
            tell(f"{found.stack}: {found.done}/{found.total} resources, now {found.resource.partition(' ')[0]}")

    if cloud.sandbox:
        log = cloud.sandbox.logs / "destroy.log"
        assembly = str(cloud.sandbox.directory / "assembly")
        return cdk.run(cloud.sandbox, ("destroy", "--all", "--force", "--app", assembly), log=log, on_line=on_line), log
    log = home() / f"destroy-{cloud.environment}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    app = f"{sys.executable} {ROOT / 'app.py'}"
    # Which stacks there are does not depend on the other knobs.
    where = ("--context", f"environment={cloud.environment}", "--context", f"region={cloud.region}")
    variables = cdk.with_node(os.environ)
    return cdk.execute(variables, ("destroy", "--all", "--force", "--app", app, *where), log=log, on_line=on_line), log
