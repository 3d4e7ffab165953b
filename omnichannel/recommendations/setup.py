"""Personalize's life cycle, one call a step: each step looks first, creates what is missing, and says how things stand.

Waiting is a state: a thing that is being created is `ready` false and `failed` false, never an error.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.environment import PersonalizeSetupEnv
from omnichannel.contracts.recommendations import Recommender, recommender_name
from omnichannel.recommendations.imports import ABSENT, State, describe_imports, newest_imports, pages, start_imports, state_of


class UnknownAction(Exception):
    """An action that the function does not have."""

    def __init__(self, action: object) -> None:
        super().__init__(f"unknown action {action!r}; expected one of {', '.join(ACTIONS)}")


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
        states.append(state_of(existing["recommenderArn"], name, existing))
    return {**_any_of(states), "recommenders": states}


def status(personalize: Any, env: PersonalizeSetupEnv, request: Mapping[str, Any]) -> State:
    """How everything stands, without creating anything: the newest imports and each recommender."""
    imported = newest_imports(personalize, env)
    found = _recommenders(personalize, env)
    names = [recommender_name(env.dataset_group_arn, recommender) for recommender in Recommender]
    states = [state_of(found[n]["recommenderArn"], n, found[n]) if n in found else state_of("", n, {"status": ABSENT}) for n in names]
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
    "import": start_imports,
    "describe_import": describe_imports,
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
    found = pages(personalize.list_recommenders, "recommenders", datasetGroupArn=env.dataset_group_arn)
    return {each["name"]: _with_reason(personalize, each) for each in found}


def _with_reason(personalize: Any, summary: dict[str, Any]) -> dict[str, Any]:
    """Lists do not say why something failed; its description does."""
    if not summary["status"].endswith("FAILED"):
        return summary
    described: dict[str, Any] = personalize.describe_recommender(recommenderArn=summary["recommenderArn"])["recommender"]
    return described


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
