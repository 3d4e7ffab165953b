"""Onboarding: landed files into trusted tables."""

from omnichannel.contracts.environment.base import Env


class OnboardingStarterEnv(Env):
    """Queue of landed objects -> one execution per content."""

    state_machine_arn: str


class StageFileEnv(Env):
    """Stage A: check one landed file, stage the good rows, quarantine the bad."""

    lake_bucket: str
    quarantine_bucket: str
    history_table: str


class StageJobEnv(Env):
    """Stage A of a large file: starts the processing job that does it, and tells how it stands.

    `request` is CreateProcessingJob's request as JSON; `{job}` in it stands for the job's name.
    """

    lake_bucket: str
    request: str


class CommitFilesEnv(Env):
    """Stage B: the only writer of trusted tables."""

    lake_bucket: str
    glue_database: str
    history_table: str
    privacy_table: str
