"""The champion: the newest version of a model that was approved, which customers are scored with and new versions have to beat."""

from dataclasses import dataclass
from datetime import date
from typing import Any

APPROVED, PENDING = "Approved", "PendingManualApproval"


class NoApprovedModel(Exception):
    """No version of a model may be scored with; the message says what would change that."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version in the registry: its ARN, the address of its archive, and the date it was trained as of where the registry knows it."""

    arn: str
    data: str
    as_of: date | None = None

    @property
    def number(self) -> int:
        """1 for the first."""
        return int(self.arn.rpartition("/")[2])


def champion(sagemaker: Any, group: str) -> Version | None:
    """The newest approved version of a model package group; None when there is none."""
    newest = _newest(sagemaker, group, APPROVED)
    if newest is None:
        return None
    described = sagemaker.describe_model_package(ModelPackageName=newest)
    return Version(
        arn=newest,
        data=described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"],
        as_of=_day(described.get("CustomerMetadataProperties", {}).get("as_of", "")),
    )


def _day(told: str) -> date | None:
    # Who registers a version by hand writes what they like there, or nothing.
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def needed(sagemaker: Any, group: str) -> Version:
    """The champion; raises `NoApprovedModel` when there is none."""
    found = champion(sagemaker, group)
    if found:
        return found
    waiting = _newest(sagemaker, group, PENDING)
    advice = f"approve {waiting} in the registry, or train again" if waiting else "train first: omni train, or the training state machine"
    raise NoApprovedModel(f"no version of the model in {group} is approved, so there is nothing to score with; {advice}")


def _newest(sagemaker: Any, group: str, status: str) -> str | None:
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus=status, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )
    found = listed["ModelPackageSummaryList"]
    return str(found[0]["ModelPackageArn"]) if found else None
