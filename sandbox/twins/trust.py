"""Assuming a role as an AWS service would: MiniStack's STS knows users, roles and root as callers, but no services.

So a twin looks into the role's trust policy for its own service, and only then lets root in beside it: a role that does not trust
the service stays closed, as it would on AWS.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

_SID = "SandboxTwins"


def open_for(iam: Any, role_arn: str, service: str) -> None:
    """Lets the account's root assume a role that trusts the service (`personalize.amazonaws.com`); ClientError AccessDenied otherwise."""
    name, account = role_arn.rpartition("/")[2], role_arn.split(":")[4]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    document: dict[str, Any] = json.loads(trust) if isinstance(trust, str) else trust
    found = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    statements = [each for each in found if each.get("Sid") != _SID]
    if not any(_trusts(each, service, account) for each in statements):
        message = f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}: its trust policy does not name it"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "AssumeRole")
    if len(statements) == len(found):
        root = {"Sid": _SID, "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps({**document, "Statement": [*statements, root]}))


def _trusts(statement: Mapping[str, Any], service: str, account: str) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    named = service in ([services] if isinstance(services, str) else services)
    wanted = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount", account)
    return statement.get("Effect") == "Allow" and named and account in ([wanted] if isinstance(wanted, str) else wanted)
