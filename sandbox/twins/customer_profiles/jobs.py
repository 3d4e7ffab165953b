"""Snapshots and upload jobs: operations that answer at once and go on in a thread."""

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.context import TwinContext
from sandbox.twins.customer_profiles import work
from sandbox.twins.customer_profiles.base import Body, only, page, without
from sandbox.twins.customer_profiles.conditions import UndecidableError
from sandbox.twins.customer_profiles.mapping import check_fields
from sandbox.twins.customer_profiles.objects import place
from sandbox.twins.customer_profiles.segments import SegmentOperations
from sandbox.twins.errors import ServiceError
from sandbox.twins.messages import Response

SNAPSHOTS_A_DAY = 200
DATA_EXPIRY_DAYS = 14
PATH_HOURS = 1
"""How long an upload path is valid is not documented; ours is this long."""
UPLOAD_PATH = "customer-profiles-uploads"
MAX_FAILURES = 100
_CUSTOMER = "x-amz-server-side-encryption-customer-"
_LISTED = ("JobId", "DisplayName", "Status", "StatusReason", "CreatedAt", "CompletedAt", "DataExpiry")
_UPLOADED = "_uploaded"


class JobOperations(SegmentOperations):
    """Work in threads; what a restart interrupted starts again."""

    def __init__(self, context: TwinContext) -> None:
        super().__init__(context)
        self._stopped: set[str] = set()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="customer-profiles")
        for domain in (each["DomainName"] for each in self.store.all("domain")):
            for job in self.store.all(f"upload/{domain}"):
                if job["Status"] == "IN_PROGRESS":
                    self._pool.submit(self._upload, domain, job["JobId"])
            for each in self.store.all(f"snapshot/{domain}"):
                if each["Status"] == "IN_PROGRESS":
                    self._pool.submit(self._snapshot, domain, each["SnapshotId"])

    def close(self) -> None:
        """Waits for the work that has begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def create_segment_snapshot(self, request: Body) -> Body:
        """CreateSegmentSnapshot as CSV or JSON lines, written to S3 as the role."""
        domain, segment = self.domain(request), self._segment(request)["Key"]
        if request["DataFormat"] == "ORC" or not {"RoleArn", "DestinationUri"} <= request.keys():
            raise ServiceError("BadRequestException", "the sandbox writes CSV and JSONL, to a DestinationUri as a RoleArn")
        key, now = uuid.uuid4().hex, self.context.now()
        work.destination(request["DestinationUri"], key, request["DataFormat"])
        today = [each for each in self.store.all(f"snapshot/{domain}") if now - each["CreatedAt"] < timedelta(days=1)]
        if len(today) >= SNAPSHOTS_A_DAY:
            raise ServiceError("BadRequestException", f"quota exceeded: {SNAPSHOTS_A_DAY} snapshots a day")
        wanted = {**without(request, ("DomainName",)), "SnapshotId": key, "Status": "IN_PROGRESS", "Segment": segment, "Key": key}
        self.put_stamped(f"snapshot/{domain}", key, wanted)
        self._pool.submit(self._snapshot, domain, key)
        return {"SnapshotId": key}

    def get_segment_snapshot(self, request: Body) -> Body:
        """GetSegmentSnapshot."""
        held = self.found("snapshot", self.domain(request), request["SnapshotId"])
        return only(held, ("SnapshotId", "Status", "StatusMessage", "DataFormat", "EncryptionKey", "RoleArn", "DestinationUri"))

    def create_upload_job(self, request: Body) -> Body:
        """CreateUploadJob."""
        domain, key = self.domain(request), uuid.uuid4().hex
        check_fields(request["Fields"])
        work.object_type(request["Fields"], request["UniqueKey"])
        job = {"DataExpiry": DATA_EXPIRY_DAYS, **without(request, ("DomainName",)), "JobId": key, "Status": "CREATED", "Key": key}
        self.put_stamped(f"upload/{domain}", key, job)
        return {"JobId": key}

    def get_upload_job_path(self, request: Body) -> Body:
        """GetUploadJobPath: a URL that takes the file without a signature, with the customer's key in three headers."""
        domain, job = self.domain(request), self.found("upload", self.domain(request), request["JobId"])
        until = self.context.now() + timedelta(hours=PATH_HOURS)
        grant = {"Token": base64.b64encode(secrets.token_bytes(32)).decode(), "Signature": secrets.token_urlsafe(24), "Until": until}
        self._tell(f"upload/{domain}", job["JobId"], Grant=grant)
        url = f"{self.context.url}/{UPLOAD_PATH}/{domain}/{job['JobId']}?X-Amz-Signature={grant['Signature']}"
        return {"Url": url, "ClientToken": grant["Token"], "ValidUntil": until}

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """The PUT of an upload job's file, as S3 would take it."""
        parts = urlsplit(path)
        domain, _, key = parts.path.strip("/").partition("/")
        job = self.store.get(f"upload/{domain}", key)
        signature = parse_qs(parts.query).get("X-Amz-Signature", [""])[0]
        if method != "PUT" or job is None or (refusal := _refusal(job, signature, headers, self.context.now())):
            return Response.json({"message": "no such upload path" if job is None else refusal}, 403)
        self._file(key).parent.mkdir(exist_ok=True)
        self._file(key).write_bytes(body)
        return Response(headers={"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'})

    def start_upload_job(self, request: Body) -> Body:
        """StartUploadJob, once its file is there."""
        domain, job = self.domain(request), self.found("upload", self.domain(request), request["JobId"])
        if job["Status"] != "CREATED" or not self._file(job["JobId"]).exists():
            state = f"is {job['Status']}" if job["Status"] != "CREATED" else "has no file yet; put it to the URL of GetUploadJobPath"
            raise ServiceError("BadRequestException", f"upload job {job['JobId']} {state}")
        self._tell(f"upload/{domain}", job["JobId"], Status="IN_PROGRESS")
        self._pool.submit(self._upload, domain, job["JobId"])
        return {}

    def stop_upload_job(self, request: Body) -> Body:
        """StopUploadJob: what was read stays."""
        domain, job = self.domain(request), self.found("upload", self.domain(request), request["JobId"])
        if job["Status"] in ("CREATED", "IN_PROGRESS"):
            self._stopped.add(job["JobId"])
            self._tell(f"upload/{domain}", job["JobId"], Status="STOPPED", CompletedAt=self.context.now())
        return {}

    def get_upload_job(self, request: Body) -> Body:
        """GetUploadJob."""
        held = self.found("upload", self.domain(request), request["JobId"])
        return only(held, (*_LISTED, "Fields", "UniqueKey", "ResultsSummary"))

    def list_upload_jobs(self, request: Body) -> Body:
        """ListUploadJobs."""
        return page([only(each, _LISTED) for each in self.store.all(f"upload/{self.domain(request)}")], request)

    def _snapshot(self, domain: str, key: str) -> None:
        held = self.found("snapshot", domain, key)
        bucket, name = work.destination(held["DestinationUri"], key, held["DataFormat"])
        try:
            body = work.written(self.members(domain, held["Segment"]), held["DataFormat"])
            self.context.cloud.client("s3", held["RoleArn"], session="profile-snapshot").put_object(Bucket=bucket, Key=name, Body=body)
        except (UndecidableError, ServiceError, ClientError, BotoCoreError) as error:
            self._tell(f"snapshot/{domain}", key, Status="FAILED", StatusMessage=str(error)[:1000])
        else:
            self._tell(f"snapshot/{domain}", key, Status="COMPLETED", Object=f"s3://{bucket}/{name}")

    def _upload(self, domain: str, key: str) -> None:
        job, results = self.found("upload", domain, key), _Results()
        wanted = work.object_type(job["Fields"], job["UniqueKey"])
        ended: Body = {}
        try:
            for line, row in work.rows_of(self._file(key).read_bytes(), job["Fields"]):
                if key in self._stopped:
                    break
                results.count(line, self._taken(domain, wanted, row))
        except work.InvalidFileError as error:
            results.failures.append(str(error))
            ended = {"Status": "FAILED", "StatusReason": "VALIDATION_FAILURE"}
        self._end(domain, key, results, ended)

    def _taken(self, domain: str, wanted: Mapping[str, Any], row: work.Row | None) -> str:
        """`created`, `updated`, or why the row is not taken."""
        if row is None:
            return "another number of cells than the header"
        try:
            with self.lock:
                return place(self.book(domain), wanted, _UPLOADED, json.dumps(row, ensure_ascii=False))[1]
        except ServiceError as error:
            return error.message

    def _end(self, domain: str, key: str, results: "_Results", ended: Body) -> None:
        self._file(key).unlink()

        def change(job: Body) -> Body:
            outcome = {"Status": results.status, "CompletedAt": self.context.now()} | ended
            told = {"ResultsSummary": results.summary, "Failures": results.failures}
            return {**job, **told, **(outcome if job["Status"] == "IN_PROGRESS" else {})}

        self.store.update(f"upload/{domain}", key, change)

    def _file(self, key: str) -> Path:
        return self.context.directory / "uploads" / f"{key}.csv"

    def _tell(self, kind: str, key: str, **changes: Any) -> None:
        self.store.update(kind, key, lambda held: {**held, **changes})


class _Results:
    """What a job has done with its rows."""

    def __init__(self) -> None:
        self.summary = {"UpdatedRecords": 0, "CreatedRecords": 0, "FailedRecords": 0}
        self.failures: list[str] = []

    def count(self, line: int, outcome: str) -> None:
        member = {"updated": "UpdatedRecords", "created": "CreatedRecords"}.get(outcome, "FailedRecords")
        self.summary[member] += 1
        if member == "FailedRecords" and len(self.failures) < MAX_FAILURES:
            self.failures.append(f"line {line}: {outcome}")

    @property
    def status(self) -> str:
        failed = self.summary["FailedRecords"]
        if not failed:
            return "SUCCEEDED"
        return "FAILED" if failed == sum(self.summary.values()) else "PARTIALLY_SUCCEEDED"


def _refusal(job: Body, signature: str, headers: Mapping[str, str], now: datetime) -> str:
    """Why the file is not taken; empty when it is."""
    grant = job.get("Grant")
    if grant is None or not secrets.compare_digest(grant["Signature"], signature) or now > grant["Until"]:
        return "the URL is not signed for this job, or no longer valid"
    digest = hashlib.md5(base64.b64decode(grant["Token"]), usedforsecurity=False).digest()
    wanted = {"algorithm": "AES256", "key": grant["Token"], "key-md5": base64.b64encode(digest).decode()}
    wrong = [name for name, value in wanted.items() if headers.get(f"{_CUSTOMER}{name}") != value]
    return f"{', '.join(_CUSTOMER + name for name in wrong)} not as GetUploadJobPath demands" if wrong else ""
