"""Taking away what Personalize has and CloudFormation cannot make: campaigns, solutions, recommenders and filters of a dataset group."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from sandbox.errors import SandboxError

POLL_SECONDS = 10.0
GONE_SECONDS = 1800.0
IN_USE = "ResourceInUseException"

Tell = Callable[[str], None]
Count = Callable[[str, int], None]
Pause = Callable[[float], None]


def stop_runs(states: Any, machine: str, *, tell: Tell) -> None:
    """Stops runs of the life cycle that are under way: they would make anew what is taken away, and it would bill."""
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING"):
        for execution in page["executions"]:
            states.stop_execution(executionArn=execution["executionArn"], cause="what Personalize has is taken away")
            tell("a run of the life cycle stopped")


def take_down(personalize: Any, group: str, *, count: Count, tell: Tell, pause: Pause = time.sleep) -> None:
    """Deletes all of them, whoever made them, and waits until each is gone, for a dataset group goes only when it is empty.

    Campaigns serve solutions, so they go first; versions go with their solution. Raises `SandboxError` when something stays.
    """
    solutions = list(_listed(personalize, "list_solutions", "solutions", datasetGroupArn=group))
    for solution in solutions:
        _delete_all(personalize, "campaign", {"solutionArn": solution["solutionArn"]}, count, tell, pause)
    for kind in ("solution", "recommender", "filter"):
        _delete_all(personalize, kind, {"datasetGroupArn": group}, count, tell, pause)


def _delete_all(personalize: Any, kind: str, where: dict[str, str], count: Count, tell: Tell, pause: Pause) -> None:
    """Delete all of a kind and wait until the list is empty."""
    # Personalize spells this one key with a capital.
    key, arn = "Filters" if kind == "filter" else f"{kind}s", f"{kind}Arn"
    deleted: set[str] = set()
    deadline = time.monotonic() + GONE_SECONDS
    while found := list(_listed(personalize, f"list_{kind}s", key, **where)):
        for each in found:
            if each[arn] not in deleted and not each["status"].startswith("DELETE") and _deleted(personalize, kind, each[arn]):
                deleted.add(each[arn])
        tell(f"{len(found)} {kind}s going")
        if time.monotonic() > deadline:
            raise SandboxError(f"deleting {kind}s", f"{found[0][arn]} is still {found[0]['status']}", hint="the same command again")
        pause(POLL_SECONDS)
    count(f"{kind}s", len(deleted))


def _deleted(personalize: Any, kind: str, arn: str) -> bool:
    """Whether it goes; what is being made, or trained, goes once that has ended."""
    try:
        getattr(personalize, f"delete_{kind}")(**{f"{kind}Arn": arn})
    except ClientError as refused:
        if refused.response["Error"]["Code"] != IN_USE:
            raise
        return False
    return True


def _listed(client: Any, operation: str, key: str, **where: str) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(operation).paginate(**where):
        yield from page[key]
