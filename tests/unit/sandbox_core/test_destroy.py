from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

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
    deployment = SimpleNamespace(personalize_dataset_group="arn:group", personalize_state_machine="arn:machine")
    return SimpleNamespace(environment="sandbox", sandboxed=True, deployment=deployment, client=clients.__getitem__)


@pytest.mark.parametrize(("environment", "said"), [("prod", "prod is protected"), ("production", "'production' is no environment")])
def test_prod_and_what_is_no_environment_are_refused(environment: str, said: str):
    with pytest.raises(SandboxError) as refused:
        destroyable(environment)

    assert said in str(refused.value)


class Personalize:
    """Keeps things until they were deleted and looked at once more; a solution stays while a campaign serves it or it is being trained."""

    def __init__(self, **things: list[str]) -> None:
        self.things = {kind: dict.fromkeys(names, "ACTIVE") for kind, names in things.items()}
        self.calls: list[str] = []
        self.training = 1

    def get_paginator(self, operation: str) -> Any:
        kind = operation.removeprefix("list_").removesuffix("s")
        key = "Filters" if kind == "filter" else f"{kind}s"

        def page(**_: Any) -> Any:
            found = [{f"{kind}Arn": name, "status": status} for name, status in self.things.get(kind, {}).items()]
            self.things[kind] = {name: status for name, status in self.things.get(kind, {}).items() if status == "ACTIVE"}
            return iter([{key: found}])

        return SimpleNamespace(paginate=page)

    def __getattr__(self, name: str) -> Any:
        kind = name.removeprefix("delete_")

        def delete(**which: str) -> None:
            if kind == "solution" and self.training:
                self.training -= 1
                raise ClientError({"Error": {"Code": "ResourceInUseException"}}, "DeleteSolution")
            [arn] = which.values()
            self.calls.append(f"{kind} {arn}")
            self.things[kind][arn] = "DELETE IN_PROGRESS"

        return delete


def test_campaigns_go_before_their_solutions_each_is_deleted_once_and_waited_for():
    personalize = Personalize(campaign=["c"], solution=["s"], recommender=["r", "q"], filter=["f"])
    done, waited = Destroyed(), []
    idle = Paged(list_executions={"executions": []})

    take_down_recommendations(cloud(personalize=personalize, stepfunctions=idle), done, lambda _: None, waited.append)

    assert personalize.calls == ["campaign c", "solution s", "recommender r", "recommender q", "filter f"]
    assert done.removed == {"campaigns": 1, "solutions": 1, "recommenders": 2, "filters": 1}
    assert len(waited) >= 4


def test_a_run_of_the_life_cycle_is_stopped_before_anything_is_taken_away_so_that_nothing_is_made_anew():
    states, told = Paged(list_executions={"executions": [{"executionArn": "run"}]}), []
    personalize = Personalize(recommender=["r"])
    personalize.calls = states.calls

    take_down_recommendations(cloud(personalize=personalize, stepfunctions=states), Destroyed(), told.append, lambda _: None)

    assert [call if isinstance(call, str) else (call[0], call[1]["executionArn"]) for call in states.calls] == [
        ("stop_execution", "run"),
        "recommender r",
    ]
    assert "stopped" in told[0]


def test_without_a_dataset_group_nothing_is_asked():
    done = Destroyed()

    without = SimpleNamespace(deployment=SimpleNamespace(personalize_dataset_group=""), client=None)
    take_down_recommendations(without, done, lambda _: None, lambda _: None)

    assert done.removed == {}


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
