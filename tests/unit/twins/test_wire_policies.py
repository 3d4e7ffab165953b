"""Conditions on who a role is passed to, which MiniStack's simulation does not know."""

import json
from typing import Any

import pytest

from sandbox.twins.policies import decided_policies

PASS = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}


class Iam:
    """A role with one inline and one attached policy."""

    def __init__(self, inline: list[dict[str, Any]], attached: list[dict[str, Any]] | None = None) -> None:
        self.inline = {"Statement": inline}
        self.attached = {"Statement": attached} if attached else None

    def list_role_policies(self, RoleName: str) -> Any:  # noqa: N803  boto3's names
        return {"PolicyNames": ["own"]}

    def get_role_policy(self, RoleName: str, PolicyName: str) -> Any:  # noqa: N803
        return {"PolicyDocument": self.inline}

    def list_attached_role_policies(self, RoleName: str) -> Any:  # noqa: N803
        return {"AttachedPolicies": [{"PolicyArn": "arn"}] if self.attached else []}

    def get_policy(self, PolicyArn: str) -> Any:  # noqa: N803
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, PolicyArn: str, VersionId: str) -> Any:  # noqa: N803
        return {"PolicyVersion": {"Document": json.dumps(self.attached)}}


def statements(iam: Iam, service: str) -> list[Any]:
    documents = decided_policies(iam, "role", {"iam:PassedToService": service})
    return [statement for document in documents for statement in json.loads(document)["Statement"]]


@pytest.mark.parametrize(
    "condition", [{"StringEquals": {"iam:PassedToService": "a.com"}}, {"StringLike": {"iam:PassedToService": ["b.*", "a.*"]}}]
)
def test_a_condition_that_holds_is_taken_out(condition: dict[str, Any]) -> None:
    assert statements(Iam([{**PASS, "Condition": condition}]), "a.com") == [PASS]


def test_a_statement_for_another_service_is_left_out() -> None:
    iam = Iam([{**PASS, "Condition": {"StringEquals": {"iam:PassedToService": "b.com"}}}])

    assert statements(iam, "a.com") == []


def test_conditions_on_other_keys_stay_for_the_simulation() -> None:
    other = {"StringEquals": {"aws:RequestTag/app": "omni"}}
    both = {"StringEquals": {"iam:PassedToService": "a.com", **other["StringEquals"]}}

    assert statements(Iam([{**PASS, "Condition": both}]), "a.com") == [{**PASS, "Condition": other}]


def test_attached_policies_count_too() -> None:
    assert statements(Iam([], [PASS]), "a.com") == [PASS]
