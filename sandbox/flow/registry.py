"""The model registry as people read it: every version of a model with its evaluation, and which one is in use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from omnichannel.contracts.scores import Model
from omnichannel.scoring.champion import APPROVED
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow.train import groups, read_json


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A version of a model: its number, its status, and what its evaluation said; nothing where it was registered without one."""

    number: int
    status: str
    evaluation: dict[str, Any]

    @property
    def approved(self) -> bool:
        """Whether customers may be scored with it."""
        return self.status == APPROVED


def versions(cloud: Cloud, model: Model) -> list[Registered]:
    """Every version, the newest first; raises `SandboxError` when there is none."""
    group = groups(cloud)[model]
    found = [_registered(cloud, summary) for summary in _listed(cloud, group)]
    if not found:
        raise SandboxError(f"reading the {model} model", f"the registry has no version in {group}", hint="omni train --as-of DAY")
    return found


def one_of(found: list[Registered], number: int | None) -> Registered:
    """The version with that number; without a number the one in use, which is the newest approved, else the newest."""
    if number is None:
        return next((each for each in found if each.approved), found[0])
    for each in found:
        if each.number == number:
            return each
    raise SandboxError(
        f"reading version {number}", f"there are {', '.join(str(each.number) for each in found)}", hint="leave --version out"
    )


def _listed(cloud: Cloud, group: str) -> Iterator[dict[str, Any]]:
    pages = cloud.client("sagemaker").get_paginator("list_model_packages")
    for page in pages.paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"):
        yield from page["ModelPackageSummaryList"]


def _registered(cloud: Cloud, summary: dict[str, Any]) -> Registered:
    package = cloud.client("sagemaker").describe_model_package(ModelPackageName=summary["ModelPackageArn"])
    quality = package.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics")
    evaluation = read_json(cloud, quality["S3Uri"]) if quality else {}
    return Registered(number=summary["ModelPackageVersion"], status=package["ModelApprovalStatus"], evaluation=evaluation)
