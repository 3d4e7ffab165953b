"""Environments, and what each may lose."""

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """Where the app is deployed to. Each has its `Policy`."""

    SANDBOX = "sandbox"
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Approver(StrEnum):
    """Who lets a new model into production."""

    AUTOMATIC = "automatic"
    PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What an environment may lose, and who has a say in it."""

    retain_data: bool
    deletion_protection: bool
    point_in_time_recovery: bool
    log_retention_days: int
    schedules: bool
    approver: Approver
    longest_wait_seconds: int = 60
    """How long a state machine at most stays away from something that is not over yet."""


POLICIES: dict[Environment, Policy] = {
    Environment.SANDBOX: Policy(
        retain_data=False,
        deletion_protection=False,
        point_in_time_recovery=True,
        log_retention_days=7,
        schedules=False,
        approver=Approver.AUTOMATIC,
        # What takes an hour in AWS is over in seconds here.
        longest_wait_seconds=1,
    ),
    Environment.DEV: Policy(
        retain_data=False,
        deletion_protection=False,
        point_in_time_recovery=True,
        log_retention_days=14,
        schedules=False,
        approver=Approver.AUTOMATIC,
    ),
    Environment.STAGING: Policy(
        retain_data=True,
        deletion_protection=False,
        point_in_time_recovery=True,
        log_retention_days=30,
        schedules=True,
        approver=Approver.AUTOMATIC,
    ),
    Environment.PROD: Policy(
        retain_data=True,
        deletion_protection=True,
        point_in_time_recovery=True,
        log_retention_days=365,
        schedules=True,
        approver=Approver.PERSON,
    ),
}
