"""Upload jobs of Customer Profiles: one CSV file taken in at once, which answers with counts and names nobody.

Nothing of a row, of the path or of its key is ever in a log or an error.
"""

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.activation import connect_objects
from omnichannel.activation.attributes import CUSTOMER_ID
from omnichannel.aws.clients import cause
from omnichannel.contracts.profiles import EXPIRATION_DAYS, KEY

FILE_BYTES = 200_000_000
"""Of a file: the service takes less than 1 GB, our function has 1 GB for it and everything else."""
PATHS = 3
"""Paths that are asked for, for one file: each is valid for a time only."""
LONGEST = timedelta(hours=6)
"""How long a job may take; how long one takes is not documented."""
GRACE = timedelta(minutes=5)
"""For which a job may be told as created though it was started; after that it was not."""
CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 120.0
_SSE = "x-amz-server-side-encryption-customer-"
_RUNNING, _ENDED_WELL = {"CREATED": GRACE, "IN_PROGRESS": LONGEST}, "SUCCEEDED"


class NotTaken(Exception):
    """The service would not take a file; who is in it can go by batches, which are right at any time."""


class Stand(Enum):
    """How a started job stands: still at it, every row taken, or over with less than that."""

    RUNNING = auto()
    TAKEN = auto()
    OVER = auto()


def fields() -> dict[str, dict[str, str]]:
    """What a job maps: the object type's fields that have a place in the profile, the key under the very name of the type's key.

    Names of keys are one namespace for a whole domain, so that rows and objects with the same value meet in one profile.
    """
    mapped = {name: each for name, each in connect_objects.fields().items() if "Target" in each}
    return {KEY: mapped.pop(CUSTOMER_ID), **mapped}


def columns() -> tuple[str, ...]:
    """The file's header, in its order."""
    return tuple(each["Source"].removeprefix("_source.") for each in fields().values())


def row(body: str) -> str:
    """An object (`connect_objects.profile_object`) as a line of the file; what it lacks is an empty cell."""
    said: Mapping[str, str] = json.loads(body)
    return _line(said.get(name, "") for name in columns())


def file(rows: Iterable[str]) -> bytes:
    """Header and lines, in UTF-8 without a byte order mark, which the service would take for a part of the first name."""
    return "".join([_line(columns()), *rows]).encode()


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """One domain's upload jobs. Every call raises `NotTaken` when the service refuses it or does not answer."""

    profiles: Any = field(repr=False)
    domain: str
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    def create(self, name: str) -> str:
        """A job without a file; gives its id. Profiles of its rows last as long as those of objects."""
        wanted = {"DisplayName": name, "Fields": fields(), "UniqueKey": KEY, "DataExpiry": EXPIRATION_DAYS}
        return str(self._asked("create_upload_job", **wanted)["JobId"])

    def put(self, job: str, body: bytes) -> None:
        """The job's file, by a path that is asked for anew when it was refused or lost."""
        for _ in range(PATHS):
            path = self._asked("get_upload_job_path", JobId=job)
            if self._put(path, body):
                return
        raise NotTaken(f"Customer Profiles, domain {self.domain}: {PATHS} upload paths took no file; is it reachable from here?")

    def start(self, job: str) -> None:
        """Starts the job. One that is started already, by somebody else or by a call whose answer got lost, is refused."""
        self._asked("start_upload_job", JobId=job)

    def stop(self, job: str) -> None:
        """Takes care that the job does no more."""
        self._asked("stop_upload_job", JobId=job)

    def lasts(self, job: str) -> int:
        """The days for which the service says that it keeps the job's profiles."""
        return int(self._asked("get_upload_job", JobId=job).get("DataExpiry", 0))

    def stand(self, job: str, rows: int, since: datetime, now: datetime) -> Stand:
        """How a job of so many rows stands; one that was never started, or takes too long, is stopped and over."""
        told = self._asked("get_upload_job", JobId=job)
        if patience := _RUNNING.get(told["Status"]):
            if now - since < patience:
                return Stand.RUNNING
            self.stop(job)
            return Stand.OVER
        counts = told.get("ResultsSummary", {})
        taken = counts.get("UpdatedRecords", 0) + counts.get("CreatedRecords", 0)
        whole = told["Status"] == _ENDED_WELL and taken == rows and not counts.get("FailedRecords", 0)
        return Stand.TAKEN if whole else Stand.OVER

    def _asked(self, operation: str, **request: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self.profiles, operation)(DomainName=self.domain, **request)
        except (ClientError, BotoCoreError) as failure:
            raise NotTaken(f"Customer Profiles, domain {self.domain}: {cause(failure)}") from failure
        return answer

    def _put(self, path: Mapping[str, Any], body: bytes) -> bool:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        try:
            answer = self.http.request("PUT", path["Url"], body=body, headers=_headers(path), timeout=timeout, retries=False)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == HTTPStatus.OK


def _headers(path: Mapping[str, Any]) -> dict[str, str]:
    """What a path demands: the key that the service gave for the file, and its digest."""
    key = path.get("ClientToken")
    if not key:
        return {}
    digest = base64.b64encode(hashlib.md5(base64.b64decode(key), usedforsecurity=False).digest()).decode()
    return {f"{_SSE}algorithm": "AES256", f"{_SSE}key": key, f"{_SSE}key-MD5": digest}
