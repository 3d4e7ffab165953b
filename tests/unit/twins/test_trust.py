"""A twin assumes only roles that trust its service."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sandbox.twins.trust import open_for

ACCOUNT = "123456789012"


@pytest.fixture
def iam():
    with mock_aws():
        yield boto3.client("iam", region_name="us-east-1")


def _role(iam, service="personalize.amazonaws.com", account=ACCOUNT):
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return iam.create_role(RoleName="import", AssumeRolePolicyDocument=document)["Role"]["Arn"]


def _principals(iam):
    return [each["Principal"] for each in iam.get_role(RoleName="import")["Role"]["AssumeRolePolicyDocument"]["Statement"]]


def test_a_role_that_trusts_the_service_is_opened_once(iam):
    role = _role(iam)

    open_for(iam, role, "personalize.amazonaws.com")
    open_for(iam, role, "personalize.amazonaws.com")

    assert _principals(iam) == [{"Service": "personalize.amazonaws.com"}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}]


@pytest.mark.parametrize("trusted", [{"service": "pinpoint.amazonaws.com"}, {"account": "999999999999"}])
def test_a_role_that_trusts_another_service_or_account_stays_closed(iam, trusted):
    role = _role(iam, **trusted)

    with pytest.raises(ClientError, match="does not name it"):
        open_for(iam, role, "personalize.amazonaws.com")

    assert len(_principals(iam)) == 1
