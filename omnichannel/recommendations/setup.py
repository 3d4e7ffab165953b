"""Personalize's life cycle, one call a step: each step looks first, creates what is missing, and says how things stand.

Waiting is a state: a thing that is being created is `ready` false and `failed` false, never an error.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts import zones
from omnichannel.contracts.environment import PersonalizeSetupEnv
from omnichannel.contracts.recommendations import Recommender, recommender_name

State = dict[str, Any]
"""`arn`, `name`, `status` (Personalize's own, or ABSENT), `ready`, `failed`, `reason`."""
ABSENT = "ABSENT"


class UnknownAction(Exception):
    """An action that the function does not have."""

    def __init__(self, action: object) -> None:
        super().__init__(f"unknown action {action!r}; expected one of {', '.join(ACTIONS)}")


def start_import(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """Imports the interactions under `data_location` (s3://bucket/prefix/), replacing earlier imports; the same request is one job.

    `data_location` is the export's prefix in the lake unless said; `run` tells apart two imports of one location.
    A request whose job failed gets a new one.
    """
    location = str(request.get("data_location") or f"s3://{env.lake_bucket}/{zones.PERSONALIZE_INTERACTIONS}")
    identity = "\n".join((env.interactions_dataset_arn, location, str(request.get("run", ""))))
    name = f"interactions-{hashlib.sha256(identity.encode()).hexdigest()[:40]}"
    jobs = _pages(personalize.list_dataset_import_jobs, "datasetImportJobs", datasetArn=env.interactions_dataset_arn)
    tried = [job for job in jobs if job["jobName"].startswith(name)]
    current = next((job["datasetImportJobArn"] for job in tried if not job["status"].endswith("FAILED")), None)
    if current is None:
        answer = personalize.create_dataset_import_job(
            jobName=f"{name}-{len(tried)}" if tried else name,
            datasetArn=env.interactions_dataset_arn,
            dataSource={"dataLocation": location},
            roleArn=env.import_role_arn,
            importMode="FULL",
        )
        current = answer["datasetImportJobArn"]
    return describe_import(personalize, env, {"arn": current})


def describe_import(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """How the import job `arn` stands."""
    job = personalize.describe_dataset_import_job(datasetImportJobArn=request["arn"])["datasetImportJob"]
    return _state(job["datasetImportJobArn"], job["jobName"], job)


def make_recommenders(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """Creates each recommender that is missing; one whose creation failed before is taken away and made anew."""
    found = _recommenders(personalize, env)
    for recommender in Recommender:
        existing = found.get(recommender_name(env.dataset_group_arn, recommender))
        if existing is not None and existing["status"] == "CREATE FAILED":
            personalize.delete_recommender(recommenderArn=existing["recommenderArn"])
    return describe_recommenders(personalize, env, request)


def describe_recommenders(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """How the recommenders stand together (`_any_of`) and each; one that is not there (any more) is created."""
    found = _recommenders(personalize, env)
    states = []
    for recommender in Recommender:
        name = recommender_name(env.dataset_group_arn, recommender)
        existing = found.get(name) or _create(personalize, env, name, recommender)
        states.append(_state(existing["recommenderArn"], name, existing))
    return {**_any_of(states), "recommenders": states}


def status(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """How everything stands, without creating anything: the newest import and each recommender."""
    jobs = list(_pages(personalize.list_dataset_import_jobs, "datasetImportJobs", datasetArn=env.interactions_dataset_arn))
    newest = max(jobs, key=lambda job: job["creationDateTime"], default=None)
    imported = _state(newest["datasetImportJobArn"], newest["jobName"], newest) if newest else _state("", "", {"status": ABSENT})
    found = _recommenders(personalize, env)
    names = [recommender_name(env.dataset_group_arn, recommender) for recommender in Recommender]
    states = [_state(found[n]["recommenderArn"], n, found[n]) if n in found else _state("", n, {"status": ABSENT}) for n in names]
    together = _any_of(states)
    return {
        "ready": imported["ready"] and together["ready"],
        "failed": imported["failed"] or together["failed"],
        "reason": "; ".join(filter(None, (imported["reason"], together["reason"]))),
        "import": imported,
        "recommenders": states,
    }


Action = Callable[[Any, PersonalizeSetupEnv, Mapping[str, Any]], State]
ACTIONS: dict[str, Action] = {
    "import": start_import,
    "describe_import": describe_import,
    "recommender": make_recommenders,
    "describe_recommender": describe_recommenders,
    "status": status,
}


def act(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """Does the request's `action`; raises `UnknownAction`."""
    action = ACTIONS.get(str(request.get("action")))
    if action is None:
        raise UnknownAction(request.get("action"))
    return action(personalize, env, request)


def _create(personalize: Any, env: PersonalizeSetupEnv, name: str, recommender: Recommender) -> dict[str, Any]:
    """A new recommender; while one of that name is still going away, that is what it says."""
    try:
        answer = personalize.create_recommender(name=name, datasetGroupArn=env.dataset_group_arn, recipeArn=recommender.recipe_arn)
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in ("ResourceAlreadyExistsException", "ResourceInUseException"):
            raise
        return {"recommenderArn": "", "status": "DELETE IN_PROGRESS"}
    return {"recommenderArn": answer["recommenderArn"], "status": "CREATE PENDING"}


def _recommenders(personalize: Any, env: PersonalizeSetupEnv) -> dict[str, dict[str, Any]]:
    found = _pages(personalize.list_recommenders, "recommenders", datasetGroupArn=env.dataset_group_arn)
    return {each["name"]: _with_reason(personalize, each) for each in found}


def _with_reason(personalize: Any, summary: dict[str, Any]) -> dict[str, Any]:
    """Lists do not say why something failed; its description does."""
    if not summary["status"].endswith("FAILED"):
        return summary
    described: dict[str, Any] = personalize.describe_recommender(recommenderArn=summary["recommenderArn"])["recommender"]
    return described


def _state(arn: str, name: str, thing: Mapping[str, Any]) -> State:
    status = thing["status"]
    return {
        "arn": arn,
        "name": name,
        "status": status,
        "ready": status == "ACTIVE",
        "failed": status.endswith("FAILED"),
        "reason": thing.get("failureReason", ""),
    }


def _any_of(states: Iterable[State]) -> State:
    """Ready once each has ended and one is ACTIVE: a shop without views still recommends what is bought together.

    `reason` names those that failed; where a recommender is missing the API answers with popular products.
    """
    states = list(states)
    failed = [state for state in states if state["failed"]]
    ended = all(state["ready"] or state["failed"] for state in states)
    return {
        "ready": ended and len(failed) < len(states),
        "failed": bool(states) and len(failed) == len(states),
        "reason": "; ".join(f"{state['name']}: {state['reason'] or state['status']}" for state in failed),
    }


def _pages(operation: Callable[..., dict[str, Any]], key: str, **request: Any) -> Iterator[dict[str, Any]]:
    answer = operation(**request)
    yield from answer[key]
    while token := answer.get("nextToken"):
        answer = operation(**request, nextToken=token)
        yield from answer[key]
