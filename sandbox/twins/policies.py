"""A role's policies with the conditions decided whose keys are known."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = dict[str, Any]
_OPERATORS = ("StringEquals", "StringLike", "StringEqualsIfExists", "StringLikeIfExists")


def decided_policies(iam: Any, role: str, context: Mapping[str, str]) -> list[str]:
    """The role's inline and attached policies as JSON, their conditions on the keys of `context` decided.

    A condition that holds is taken out of its statement; a statement whose condition does not hold is left out.
    """
    decided = ([_decided(each, context) for each in _statements(document)] for document in _documents(iam, role))
    documents = ([each for each in statements if each is not None] for statements in decided)
    return [json.dumps({"Version": "2012-10-17", "Statement": statements}) for statements in documents if statements]


def _documents(iam: Any, role: str) -> Iterator[Mapping[str, Any]]:
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield _parsed(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield _parsed(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _parsed(document: Any) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    return parsed


def _statements(document: Mapping[str, Any]) -> list[Statement]:
    statements = document["Statement"]
    return [statements] if isinstance(statements, dict) else list(statements)


def _decided(statement: Statement, context: Mapping[str, str]) -> Statement | None:
    left: dict[str, Any] = {}
    for operator, keys in statement.get("Condition", {}).items():
        kept = dict(keys)
        if operator in _OPERATORS:
            known = {key: values for key, values in keys.items() if key in context}
            if not all(_matches(operator, context[key], values) for key, values in known.items()):
                return None
            kept = {key: values for key, values in keys.items() if key not in known}
        if kept:
            left[operator] = kept
    return {key: value for key, value in statement.items() if key != "Condition"} | ({"Condition": left} if left else {})


def _matches(operator: str, actual: str, values: Any) -> bool:
    wanted = [values] if isinstance(values, str) else values
    return any(fnmatchcase(actual, each) if "Like" in operator else actual == each for each in wanted)
