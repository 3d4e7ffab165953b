"""Imports of training data into Personalize: one job for each data set, started together and waited for together."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from omnichannel.contracts import zones
from omnichannel.contracts.environment.recommendations import PersonalizeSetupEnv
from omnichannel.contracts.recommendations import INTERACTIONS, ITEMS, TRAINING_DATA, USERS, TrainingData

State = dict[str, Any]
"""`arn`, `name`, `status` (Personalize's own, or ABSENT), `ready`, `failed`, `reason`."""
ABSENT = "ABSENT"


def start_imports(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """Imports every data set, replacing earlier imports; the same `run` is one job each, however often it is asked for.

    A job that failed is followed by a new one. The answer has the jobs' `arns`, to ask how they stand.
    """
    arns = [_start(personalize, env, data, str(request.get("run", ""))) for data in TRAINING_DATA]
    return describe_imports(personalize, env, {"arns": arns})


def describe_imports(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """How the import jobs `arns` stand: `ready` when all are, `failed` when one is."""
    jobs = [personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"] for arn in request["arns"]]
    states = [state_of(job["datasetImportJobArn"], job["jobName"], job) for job in jobs]
    return {**_together(states), "arns": list(request["arns"])}


def newest_imports(personalize: Any, env: PersonalizeSetupEnv) -> State:
    """How the newest import of each data set stands; one that was never imported is ABSENT."""
    return _together([_newest(personalize, dataset_arn(env, data)) for data in TRAINING_DATA])


def imported_at(personalize: Any, env: PersonalizeSetupEnv) -> datetime | None:
    """When the newest import of interactions began, None before the first."""
    jobs = pages(personalize.list_dataset_import_jobs, "datasetImportJobs", datasetArn=env.interactions_dataset_arn)
    return max((job["creationDateTime"] for job in jobs), default=None)


def dataset_arn(env: PersonalizeSetupEnv, data: TrainingData) -> str:
    """The data set that the file is imported into."""
    return {INTERACTIONS: env.interactions_dataset_arn, ITEMS: env.items_dataset_arn, USERS: env.users_dataset_arn}[data]


def state_of(arn: str, name: str, thing: Mapping[str, Any]) -> State:
    """How one of Personalize's things stands."""
    status = thing["status"]
    return {
        "arn": arn,
        "name": name,
        "status": status,
        "ready": status == "ACTIVE",
        "failed": status.endswith("FAILED"),
        "reason": thing.get("failureReason", ""),
    }


def pages(operation: Callable[..., dict[str, Any]], key: str, **request: Any) -> Iterator[dict[str, Any]]:
    """Every member of a list that comes in pages."""
    answer = operation(**request)
    yield from answer[key]
    while token := answer.get("nextToken"):
        answer = operation(**request, nextToken=token)
        yield from answer[key]


def _start(personalize: Any, env: PersonalizeSetupEnv, data: TrainingData, run: str) -> str:
    dataset, location = dataset_arn(env, data), f"s3://{env.lake_bucket}/{zones.personalize_folder(data.folder)}"
    identity = "\n".join((dataset, location, run))
    name = f"{data.folder}-{hashlib.sha256(identity.encode()).hexdigest()[:40]}"
    jobs = pages(personalize.list_dataset_import_jobs, "datasetImportJobs", datasetArn=dataset)
    tried = [job for job in jobs if job["jobName"].startswith(name)]
    current = next((job["datasetImportJobArn"] for job in tried if not job["status"].endswith("FAILED")), None)
    if current is not None:
        return str(current)
    answer = personalize.create_dataset_import_job(
        jobName=f"{name}-{len(tried)}" if tried else name,
        datasetArn=dataset,
        dataSource={"dataLocation": location},
        roleArn=env.import_role_arn,
        importMode="FULL",
    )
    return str(answer["datasetImportJobArn"])


def _newest(personalize: Any, dataset: str) -> State:
    jobs = list(pages(personalize.list_dataset_import_jobs, "datasetImportJobs", datasetArn=dataset))
    newest = max(jobs, key=lambda job: job["creationDateTime"], default=None)
    return state_of(newest["datasetImportJobArn"], newest["jobName"], newest) if newest else state_of("", "", {"status": ABSENT})


def _together(states: Sequence[State]) -> State:
    failed = [state for state in states if state["failed"]]
    return {
        "ready": all(state["ready"] for state in states),
        "failed": bool(failed),
        "reason": "; ".join(f"{state['name']}: {state['reason'] or state['status']}" for state in failed),
        "imports": list(states),
    }
