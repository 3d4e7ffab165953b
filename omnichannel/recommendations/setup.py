"""Personalize's life cycle, one phase a call: each looks first, does what is missing, and says how things stand.

Waiting is a state: what is being made is `ready` false and `failed` false, never an error. A phase may be asked for as often as somebody
likes: what is there already is left alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.environment.recommendations import PersonalizeSetupEnv
from omnichannel.recommendations.imports import State, describe_imports, imported_at, newest_imports, start_imports
from omnichannel.recommendations.lifecycle.email import batch
from omnichannel.recommendations.lifecycle.look import look
from omnichannel.recommendations.lifecycle.make import BUSY, Making, Transient
from omnichannel.recommendations.lifecycle.plan import (
    campaign_steps,
    filter_steps,
    leftover_steps,
    plan,
    recommender_steps,
    solution_steps,
    told,
)
from omnichannel.recommendations.lifecycle.things import Existing, Step, Wanted

NEVER = datetime.min.replace(tzinfo=UTC)
Rules = Callable[[Wanted, Existing, datetime], Iterable[Step]]
PHASES: dict[str, tuple[Rules, ...]] = {
    "recommenders": (recommender_steps,),
    "solutions": (solution_steps,),
    "filters": (filter_steps,),
    "campaigns": (campaign_steps, lambda wanted, existing, _: leftover_steps(wanted, existing)),
}
"""Their order is that of a run: a campaign serves what was trained, and a solution goes after its campaign."""
OTHERS = ("import", "describe_import", "email", "status")


AGAIN = BUSY | {"ResourceAlreadyExistsException"}
"""Worth another look: Personalize is busy, or a job that was just started is in no list yet."""


class UnknownAction(Exception):
    """An action that the function does not have."""

    def __init__(self, action: object) -> None:
        super().__init__(f"unknown action {action!r}; expected one of {', '.join((*OTHERS, *PHASES))}")


def act(personalize: Any, env: PersonalizeSetupEnv, wanted: Wanted, request: Mapping[str, Any]) -> State:
    """Does the request's `action`; raises `UnknownAction`, and `Transient` when Personalize is busy, whatever it was asked."""
    try:
        return _act(personalize, env, wanted, request)
    except ClientError as refused:
        error = refused.response["Error"]
        if error["Code"] not in AGAIN:
            raise
        raise Transient(f"{request.get('action')}: {error['Code']}: {error.get('Message', '')}") from refused


def _act(personalize: Any, env: PersonalizeSetupEnv, wanted: Wanted, request: Mapping[str, Any]) -> State:
    action = str(request.get("action"))
    if action in PHASES:
        return phase(personalize, env, wanted, PHASES[action])
    match action:
        case "import":
            return start_imports(personalize, env, request)
        case "describe_import":
            return describe_imports(personalize, env, request)
        case "email":
            return email(personalize, env, wanted, request)
        case "status":
            return status(personalize, env, wanted)
    raise UnknownAction(request.get("action"))


def phase(personalize: Any, env: PersonalizeSetupEnv, wanted: Wanted, rules: Iterable[Rules]) -> State:
    """Does the steps of a phase that can be done now: `ready`, `failed`, `reason`, `notes` and each step in words."""
    existing, since = look(personalize, env.dataset_group_arn), imported_at(personalize, env) or NEVER
    planned = [step for rule in rules for step in rule(wanted, existing, since)]
    done = Making(personalize=personalize, group=env.dataset_group_arn, wanted=wanted).do(planned)
    return {**told(done), "steps": list(map(str, done))}


def email(personalize: Any, env: PersonalizeSetupEnv, wanted: Wanted, request: Mapping[str, Any]) -> State:
    """How this run's batch for messages stands, once it was started: `made` says that its output can be read."""
    where = {"group": env.dataset_group_arn, "bucket": env.lake_bucket, "role": env.batch_role_arn}
    since = imported_at(personalize, env) or NEVER
    return batch(personalize, wanted, **where, since=since, run=str(request.get("run", "")))


def status(personalize: Any, env: PersonalizeSetupEnv, wanted: Wanted) -> State:
    """How everything stands, without changing anything: the newest imports, and each step that another run would take."""
    imported = newest_imports(personalize, env)
    existing = look(personalize, env.dataset_group_arn)
    steps = plan(wanted, existing, imported_at(personalize, env) or NEVER)
    together = told(steps)
    return {
        "ready": imported["ready"] and together["ready"],
        "failed": imported["failed"] or together["failed"],
        "reason": "; ".join(filter(None, (imported["reason"], str(together["reason"])))),
        "notes": together["notes"],
        "import": imported,
        "steps": [asdict(step) for step in steps],
    }
