"""Data deletion jobs: users in a CSV are taken out of what was imported, of live events, and of what was put one by one."""

from typing import Any

from botocore.exceptions import ClientError

from sandbox.twins.context import TwinContext
from sandbox.twins.personalize import data
from sandbox.twins.personalize.live import LiveEvents
from sandbox.twins.personalize.resources import Document, Resources
from sandbox.twins.personalize.training import Training

KIND = "dataDeletionJob"
PENDING, IN_PROGRESS, COMPLETED, FAILED = "PENDING", "IN_PROGRESS", "COMPLETED", "FAILED"


class Deletions:
    """Jobs run in the background, one after the other; one that a restart interrupted runs again."""

    def __init__(self, context: TwinContext, resources: Resources, training: Training, live: LiveEvents) -> None:
        self._context = context
        self._resources = resources
        self._training = training
        self._live = live

    def under_way(self) -> list[Document]:
        """Jobs that have not ended."""
        return [job for job in self._resources.all(KIND) if job["status"] in (PENDING, IN_PROGRESS)]

    def start(self, arn: str, request: dict[str, Any]) -> None:
        """Keeps a new job and runs it."""
        self._resources.create(KIND, arn, request)
        self._resources.change(KIND, arn, status=PENDING)
        self._resources.background(self._run, arn)

    def resume(self) -> None:
        """Runs again what a restart interrupted."""
        for job in self.under_way():
            self._resources.background(self._run, job[f"{KIND}Arn"])

    def _run(self, arn: str) -> None:
        job = self._resources.change(KIND, arn, status=IN_PROGRESS)
        try:
            s3 = self._context.cloud.client("s3", job["roleArn"], session="personalize-import")
            users = data.users_in(s3, job["dataSource"]["dataLocation"])
        except (data.ImportFailedError, ClientError) as failed:
            self._resources.change(KIND, arn, status=FAILED, failureReason=str(failed))
            return
        deleted = self._forget(job["datasetGroupArn"], users)
        self._resources.change(KIND, arn, status=COMPLETED, numDeleted=deleted)

    def _forget(self, group: str, users: set[str]) -> int:
        """How many of the users' records there were."""
        datasets = self._resources.all("dataset", datasetGroupArn=group)
        rows = sum(self._training.forget_users(dataset, users) for dataset in datasets)
        put = sum(self._context.store.delete(f"USERS {dataset['datasetArn']}", user) for dataset in datasets for user in users)
        # The sandbox's own record of the calls that brought them goes too.
        self._context.records.drop(lambda line: line.get("request", {}).get("userId") in users)
        return rows + put + self._live.forget(users)
