"""May the caller do this? MiniStack's IAM decides, by `SimulatePrincipalPolicy`."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.twins.cloud import Cloud
from sandbox.twins.errors import ServiceError
from sandbox.twins.policies import decided_policies

ALLOWED = "allowed"
PASSED_TO = "iam:PassedToService"
Simulate = Callable[[str, str, str, Mapping[str, str]], str]
"""(role ARN, action, resource ARN, condition keys) -> "allowed" | "implicitDeny" | "explicitDeny"."""


class Authorization:
    """Answers for a few seconds from memory, so a loop that polls does not ask IAM each time."""

    def __init__(
        self, simulate: Simulate, *, account: str, root_key: str, seconds: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._simulate = simulate
        self._account = account
        self._root_key = root_key
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str, str, str], tuple[float, str]] = {}

    def require_root(self, headers: Mapping[str, str], action: str) -> None:
        """For calls without a role: the request must be signed with the sandbox's root key."""
        credential = re.search(r"Credential=([^/,\s]+)/", headers.get("authorization", ""))
        if credential is None:
            raise ServiceError("MissingAuthenticationTokenException", f"{action}: the request is not signed", 403)
        if credential.group(1) != self._root_key:
            raise ServiceError(
                "UnrecognizedClientException",
                f"{action}: the key {credential.group(1)} is not the sandbox's root key; a role calls /aws/<service>/as/<role name>",
                403,
            )

    def require_call(self, role: str, action: str, resource: str, request: Mapping[str, Any], service: str) -> None:
        """For calls of a role: its policies must allow the action on the resource, and handing the roles in `request` to `service`."""
        self.require(role, action, resource)
        for passed in sorted(passed_roles(request)):
            self.require(role, "iam:PassRole", passed, {PASSED_TO: f"{service}.amazonaws.com"})

    def require(self, role: str, action: str, resource: str, context: Mapping[str, str] | None = None) -> None:
        """The role's policies must allow the action on the resource, given the condition keys in `context`."""
        decision = self._decision(f"arn:aws:iam::{self._account}:role/{role}", action, resource, context or {})
        if decision == ALLOWED:
            return
        because = (
            "with an explicit deny in an identity-based policy"
            if decision == "explicitDeny"
            else f"because no identity-based policy allows the {action} action"
        )
        principal = f"arn:aws:sts::{self._account}:assumed-role/{role}/sandbox"
        raise ServiceError(
            "AccessDeniedException", f"User: {principal} is not authorized to perform: {action} on resource: {resource} {because}", 403
        )

    def _decision(self, role_arn: str, action: str, resource: str, context: Mapping[str, str]) -> str:
        key = (role_arn, action, resource, json.dumps(context, sort_keys=True))
        with self._lock:
            until, decision = self._held.get(key, (0.0, ""))
        if decision and self._clock() < until:
            return decision
        decision = self._simulate(role_arn, action, resource, context)
        with self._lock:
            self._held[key] = (self._clock() + self._seconds, decision)
        return decision


def simulate_with(cloud: Cloud) -> Simulate:
    """Decisions by the IAM behind `cloud`; a role that it does not know is allowed nothing.

    MiniStack's simulation takes no condition keys. Where some are given, the role's policies are simulated with those conditions decided.
    """

    def simulate(role_arn: str, action: str, resource: str, context: Mapping[str, str]) -> str:
        iam = cloud.client("iam")
        asked = {"ActionNames": [action], "ResourceArns": [resource]}
        try:
            if context:
                documents = decided_policies(iam, role_arn.rpartition("/")[2], context)
                if not documents:
                    return "implicitDeny"
                answer = iam.simulate_custom_policy(PolicyInputList=documents, **asked)
            else:
                answer = iam.simulate_principal_policy(PolicySourceArn=role_arn, **asked)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchEntity":
                return "implicitDeny"
            raise
        return str(answer["EvaluationResults"][0]["EvalDecision"])

    return simulate


def passed_roles(value: Any) -> set[str]:
    """ARNs of all roles that a request hands to the service (`RoleArn`, `ExecutionRoleArn`, `roleArn`, at any depth)."""
    if isinstance(value, list):
        return set().union(*map(passed_roles, value))
    if not isinstance(value, dict):
        return set()
    own = {item for name, item in value.items() if name.lower() in ("rolearn", "executionrolearn") and isinstance(item, str)}
    return own.union(*map(passed_roles, value.values()))
