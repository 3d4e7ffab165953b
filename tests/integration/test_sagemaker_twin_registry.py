"""The model registry, seen through boto3: which version is the newest approved one, and what becomes of the others."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker_twin import XGBOOST, World, serve


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    with serve(tmp_path, endpoint) as running:
        running.sagemaker.create_model_package_group(ModelPackageGroupName="churn")
        running.put("models/model.tar.gz", "packed")
        yield running


def register(world: World, status: str = "PendingManualApproval", group: str = "churn", **more: Any) -> str:
    specification = {
        "Containers": [{"Image": XGBOOST, "ModelDataUrl": "s3://lake/models/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    made = world.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=specification, ModelApprovalStatus=status, **more
    )
    return str(made["ModelPackageArn"])


def listed(world: World, **request: Any) -> list[str]:
    answer = world.sagemaker.list_model_packages(ModelPackageGroupName="churn", **request)
    return [each["ModelPackageArn"] for each in answer["ModelPackageSummaryList"]]


def test_the_newest_approved_version_is_the_first_of_a_listing_by_time(world: World) -> None:
    versions = [register(world, status) for status in ("Approved", "Approved", "PendingManualApproval", "Rejected")]

    newest = listed(world, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending", MaxResults=1)

    assert newest == [versions[1]]
    assert listed(world) == versions[::-1]
    assert listed(world, SortOrder="Ascending") == versions


def test_a_version_is_described_by_its_arn_or_by_its_group_and_number(world: World) -> None:
    register(world)
    arn = register(world, CustomerMetadataProperties={"data_snapshot": "abc"})

    by_arn, by_name = (world.sagemaker.describe_model_package(ModelPackageName=name) for name in (arn, "churn/2"))

    del by_arn["ResponseMetadata"], by_name["ResponseMetadata"]
    assert by_arn == by_name
    assert (by_arn["ModelPackageVersion"], by_arn["CustomerMetadataProperties"]) == (2, {"data_snapshot": "abc"})


def test_approving_and_rejecting_keeps_who_said_why(world: World) -> None:
    arn = register(world)

    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription="drifted")

    described = world.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Rejected", "drifted")
    assert described["LastModifiedTime"] >= described["CreationTime"]
    assert listed(world, ModelApprovalStatus="PendingManualApproval") == []


def test_metadata_of_a_version_can_be_added_and_removed(world: World) -> None:
    arn = register(world, CustomerMetadataProperties={"a": "1", "b": "2"})

    world.sagemaker.update_model_package(
        ModelPackageArn=arn, CustomerMetadataProperties={"c": "3"}, CustomerMetadataPropertiesToRemove=["a"]
    )

    assert world.sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"] == {"b": "2", "c": "3"}


def test_the_number_of_a_deleted_version_is_not_given_again(world: World) -> None:
    register(world)
    second = register(world)

    world.sagemaker.delete_model_package(ModelPackageName=second)

    assert register(world).endswith("/churn/3")
    with pytest.raises(ClientError, match="does not exist"):
        world.sagemaker.describe_model_package(ModelPackageName=second)


def test_a_group_can_be_deleted_once_it_is_empty(world: World) -> None:
    arn = register(world)

    with pytest.raises(ClientError, match="ConflictException"):
        world.sagemaker.delete_model_package_group(ModelPackageGroupName="churn")
    world.sagemaker.delete_model_package(ModelPackageName=arn)
    world.sagemaker.delete_model_package_group(ModelPackageGroupName="churn")

    assert world.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_a_listing_without_a_group_shows_versions_only_when_asked_for_them(world: World) -> None:
    arn = register(world)

    plain, versioned = (world.sagemaker.list_model_packages(**request) for request in ({}, {"ModelPackageType": "Versioned"}))

    assert plain["ModelPackageSummaryList"] == []
    assert [each["ModelPackageArn"] for each in versioned["ModelPackageSummaryList"]] == [arn]


def test_versions_are_listed_by_when_they_were_made(world: World) -> None:
    arn = register(world)
    made = world.sagemaker.describe_model_package(ModelPackageName=arn)["CreationTime"]
    second = timedelta(seconds=1)

    assert listed(world, CreationTimeAfter=made - second, CreationTimeBefore=made + second) == [arn]
    assert listed(world, CreationTimeAfter=made + second) == []


def test_versions_come_in_pages(world: World) -> None:
    versions = [register(world) for _ in range(5)]

    pages = world.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName="churn", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )

    assert [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]] == versions
