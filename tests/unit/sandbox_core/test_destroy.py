from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.destroy import Destroyed, destroyable, empty_buckets, take_down_recommendations
from sandbox.errors import SandboxError

BUCKET = {"LogicalResourceId": "Lake", "ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": "lake", "ResourceStatus": "CREATE_COMPLETE"}
GONE = {**BUCKET, "PhysicalResourceId": "landing", "ResourceStatus": "DELETE_COMPLETE"}


class Paged:
    """Answers of list operations, one page each call; every other call is remembered."""

    def __init__(self, *pages: dict[str, Any], **operations: Any) -> None:
        self.pages, self.calls = list(pages), []
        self.operations = operations

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: iter([self.operations[operation] if self.operations else self.pages.pop(0)]))

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls.append((name, request))
            return {}

        return call


def cloud(**clients: Any) -> Any:
    deployment = SimpleNamespace(personalize_dataset_group="arn:group")
    return SimpleNamespace(environment="sandbox", sandboxed=True, deployment=deployment, client=clients.__getitem__)


def summaries(*statuses: str) -> dict[str, Any]:
    return {"recommenders": [{"recommenderArn": f"arn:{number}", "status": status} for number, status in enumerate(statuses)]}


@pytest.mark.parametrize(("environment", "said"), [("prod", "prod is protected"), ("production", "'production' is no environment")])
def test_prod_and_what_is_no_environment_are_refused(environment: str, said: str):
    with pytest.raises(SandboxError) as refused:
        destroyable(environment)

    assert said in str(refused.value)


def test_recommenders_are_deleted_once_and_waited_for():
    personalize = Paged(summaries("ACTIVE", "DELETE IN_PROGRESS"), summaries("ACTIVE", "DELETE IN_PROGRESS"), summaries())
    done, waited = Destroyed(), []

    take_down_recommendations(cloud(personalize=personalize), done, lambda _: None, waited.append)

    assert personalize.calls == [("delete_recommender", {"recommenderArn": "arn:0"})]
    assert (done.removed, len(waited)) == ({"recommenders": 1}, 2)


def test_versions_and_delete_markers_go_but_not_those_of_a_bucket_that_went_already():
    s3 = Paged({"Versions": [{"Key": "a", "VersionId": "1"}], "DeleteMarkers": [{"Key": "a", "VersionId": "2"}]}, {})
    stacks = {"Stacks": [{"StackName": "omni-sandbox-foundation"}]}
    cloudformation = Paged(describe_stacks=stacks, list_stack_resources={"StackResourceSummaries": [BUCKET, GONE]})

    empty_buckets(cloud(s3=s3, cloudformation=cloudformation), Destroyed(), lambda _: None)

    [(_, request)] = s3.calls
    assert request["Bucket"] == "lake"
    assert [(each["Key"], each["VersionId"]) for each in request["Delete"]["Objects"]] == [("a", "1"), ("a", "2")]


def test_an_object_that_is_refused_ends_it_with_the_services_words():
    s3 = Paged({"Versions": [{"Key": "a", "VersionId": "1"}]})
    s3.delete_objects = lambda **_: {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "locked"}]}
    stacks = {"Stacks": [{"StackName": "omni-sandbox-foundation"}]}
    cloudformation = Paged(describe_stacks=stacks, list_stack_resources={"StackResourceSummaries": [BUCKET]})

    with pytest.raises(SandboxError, match="a: AccessDenied locked"):
        empty_buckets(cloud(s3=s3, cloudformation=cloudformation), Destroyed(), lambda _: None)


def test_what_was_removed_reads_as_a_list():
    done = Destroyed()

    done.count("tables", 12)
    done.count("objects", 0)

    assert (str(done), str(Destroyed())) == ("12 tables", "nothing")
