"""Pinpoint's operations."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError
from sandbox.twins.pinpoint import imports, users
from sandbox.twins.pinpoint.endpoints import Endpoint, InvalidEndpointError, id_of, merged
from sandbox.twins.pinpoint.journeys import JourneyOperations
from sandbox.twins.pinpoint.paths import path_of
from sandbox.twins.pinpoint.segments import COMPARISONS, unknown_comparisons
from sandbox.twins.pinpoint.templates import accepted

Body = dict[str, Any]
CONCURRENT_JOBS = 2
BATCH = 100
_ENDED = ("COMPLETED", "FAILED")


class PinpointTwin(JourneyOperations):
    """Keeps apps, endpoints, segments and jobs over restarts; a job that a restart interrupted starts again."""

    UNRECORDED = ("DeleteUserEndpoints",)

    def __init__(self, context: TwinContext) -> None:
        super().__init__(context)
        self._pool = ThreadPoolExecutor(CONCURRENT_JOBS, thread_name_prefix="pinpoint-import")
        for job in self._store.all("job"):
            if job["JobStatus"] not in _ENDED:
                self._pool.submit(self._run, job["ApplicationId"], job["Id"])

    def close(self) -> None:
        """Waits for the file that each job is reading; what is left of it starts again with the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def resource(self, operation: str, request: Body) -> str:
        """The ARN that IAM decides on: Pinpoint's own path of the request."""
        path, labels = path_of(operation)
        for label, member in labels.items():
            path = path.replace(f"{{{label}}}", str(request.get(member, "")))
        if path.startswith("templates/"):
            name, _, kind = path.rpartition("/")
            path = f"{name}/{kind.upper()}"
        return self._context.arn("mobiletargeting", path)

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        """What the module says."""
        app = query.get("app") or next((each["Id"] for each in self._store.all("app")), "")
        match what:
            case "endpoints":
                return list(self._of(app).values())
            case "segments":
                return [{**_shown(each), "members": len(self._members(app, each))} for each in self._store.all(f"segment/{app}")]
            case "members":
                return sorted(self._members(app, self._segment(app, query.get("segment", ""))))
            case "jobs":
                return [job for job in self._store.all("job") if job["ApplicationId"] == app]
            case "sends":
                return self.sends(app)
            case "campaigns" | "journeys":
                return self._store.all(f"{what.removesuffix('s')}/{app}")
        raise ValueError(f"unknown {what!r}; expected endpoints, segments, members, jobs, campaigns, journeys or sends")

    def create_app(self, request: Body) -> Body:
        """CreateApp."""
        wanted, key = request["CreateApplicationRequest"], uuid.uuid4().hex
        arn = self._context.arn("mobiletargeting", f"apps/{key}")
        app = {"Id": key, "Arn": arn, "Name": wanted["Name"], "tags": wanted.get("tags"), "CreationDate": self._stamp()}
        self._store.put("app", key, app)
        return {"ApplicationResponse": app}

    def get_app(self, request: Body) -> Body:
        """GetApp."""
        return {"ApplicationResponse": self._app(request)}

    def get_apps(self, request: Body) -> Body:
        """GetApps, all on one page."""
        return {"ApplicationsResponse": {"Item": self._store.all("app")}}

    def delete_app(self, request: Body) -> Body:
        """DeleteApp, with everything in it."""
        app = self._app(request)
        with self._lock:
            for key in list(self._of(app["Id"])):
                self._store.delete(f"endpoint/{app['Id']}", key)
            for kind, key in (("segment", "Id"), ("campaign", "Id"), ("journey", "Id"), ("send", "id")):
                for held in self._store.all(f"{kind}/{app['Id']}"):
                    self._store.delete(f"{kind}/{app['Id']}", held[key])
            self._endpoints.pop(app["Id"], None)
            self._store.delete("app", app["Id"])
        return {"ApplicationResponse": app}

    def update_endpoint(self, request: Body) -> Body:
        """UpdateEndpoint: creates it, or changes what the request names."""
        app = self._app(request)["Id"]
        try:
            self._register(app, {**request["EndpointRequest"], "Id": request["EndpointId"]})
        except InvalidEndpointError as error:
            raise ServiceError("BadRequestException", str(error)) from error
        return accepted()

    def update_endpoints_batch(self, request: Body) -> Body:
        """UpdateEndpointsBatch: at most 100, all or none."""
        app, items = self._app(request)["Id"], request["EndpointBatchRequest"]["Item"]
        if len(items) > BATCH:
            raise ServiceError("BadRequestException", f"{len(items)} endpoints; at most {BATCH}")
        try:
            for update in items:
                merged(self._of(app).get(id_of(update)), update)
            for update in items:
                self._register(app, update)
        except InvalidEndpointError as error:
            raise ServiceError("BadRequestException", str(error)) from error
        return accepted()

    def get_endpoint(self, request: Body) -> Body:
        """GetEndpoint."""
        return {"EndpointResponse": self._endpoint(request)}

    def delete_endpoint(self, request: Body) -> Body:
        """DeleteEndpoint."""
        endpoint, app = self._endpoint(request), request["ApplicationId"]
        with self._lock:
            self._of(app).pop(endpoint["Id"], None)
            self._store.delete(f"endpoint/{app}", endpoint["Id"])
        return {"EndpointResponse": endpoint}

    def delete_user_endpoints(self, request: Body) -> Body:
        """DeleteUserEndpoints: every endpoint of the user, and the user in imported segments and in what was received."""
        app, user = self._app(request)["Id"], request["UserId"]
        with self._lock:
            gone = users.take(self._of(app), user)
            if not gone:
                raise ServiceError("NotFoundException", "no endpoints of that user")
            users.forget(self._store, app, {endpoint["Id"] for endpoint in gone})
        self._context.records.drop(lambda line: user in json.dumps(line))
        return {"EndpointsResponse": {"Item": gone}}

    def create_segment(self, request: Body) -> Body:
        """CreateSegment by dimensions or groups."""
        app, wanted = self._app(request)["Id"], request["WriteSegmentRequest"]
        groups = (wanted.get("SegmentGroups") or {}).get("Groups", ())
        dimensions = [wanted.get("Dimensions") or {}, *(each for group in groups for each in group.get("Dimensions", ()))]
        if unknown := unknown_comparisons(dimensions):
            raise ServiceError("BadRequestException", f"unknown ComparisonOperator {', '.join(unknown)}; expected {', '.join(COMPARISONS)}")
        for source in (each for group in groups for each in group.get("SourceSegments", ())):
            self._segment(app, source["Id"])
        return {"SegmentResponse": self._new_segment(app, {**wanted, "SegmentType": "DIMENSIONAL"})}

    def get_segment(self, request: Body) -> Body:
        """GetSegment."""
        return {"SegmentResponse": _shown(self._segment(self._app(request)["Id"], request["SegmentId"]))}

    def get_segments(self, request: Body) -> Body:
        """GetSegments, all on one page."""
        return {"SegmentsResponse": {"Item": [_shown(each) for each in self._store.all(f"segment/{self._app(request)['Id']}")]}}

    def delete_segment(self, request: Body) -> Body:
        """DeleteSegment."""
        app = self._app(request)["Id"]
        segment = self._segment(app, request["SegmentId"])
        self._store.delete(f"segment/{app}", segment["Id"])
        return {"SegmentResponse": _shown(segment)}

    def create_import_job(self, request: Body) -> Body:
        """CreateImportJob: at most two at a time in an account."""
        app, definition = self._app(request)["Id"], request["ImportJobRequest"]
        with self._lock:
            if sum(job["JobStatus"] not in _ENDED for job in self._store.all("job")) >= CONCURRENT_JOBS:
                raise ServiceError("TooManyRequestsException", f"{CONCURRENT_JOBS} import jobs are running; wait for one to end")
            job = {
                "Id": uuid.uuid4().hex,
                "ApplicationId": app,
                "CreationDate": self._stamp(),
                "Definition": definition,
                "JobStatus": "CREATED",
                "Type": "IMPORT",
            }
            self._store.put("job", job["Id"], job)
        self._pool.submit(self._run, app, job["Id"])
        return {"ImportJobResponse": job}

    def get_import_job(self, request: Body) -> Body:
        """GetImportJob."""
        job = self._store.get("job", request["JobId"])
        if job is None or job["ApplicationId"] != self._app(request)["Id"]:
            raise ServiceError("NotFoundException", f"no import job {request['JobId']}")
        return {"ImportJobResponse": job}

    def get_import_jobs(self, request: Body) -> Body:
        """GetImportJobs, all on one page."""
        app = self._app(request)["Id"]
        return {"ImportJobsResponse": {"Item": [job for job in self._store.all("job") if job["ApplicationId"] == app]}}

    def _run(self, app: str, job_id: str) -> None:
        """One import job, from its start to its end, in a thread of its own."""
        job = self._tell(job_id, JobStatus="PROCESSING")
        definition = job["Definition"]
        try:
            progress = imports.run(
                definition,
                self._context.cloud,
                lambda update: self._register(app, update),
                lambda done: self._tell(job_id, **done.counts()),
            )
        except imports.JobFailedError as error:
            self._tell(job_id, JobStatus="FAILED", CompletionDate=self._stamp(), Failures=[str(error)], TotalFailures=1)
        except Exception as error:
            self._tell(job_id, JobStatus="FAILED", CompletionDate=self._stamp(), Failures=[f"internal: {type(error).__name__}"])
            raise
        else:
            if definition.get("DefineSegment"):
                self._tell(job_id, JobStatus="COMPLETING", **progress.counts())
                segment = self._imported_segment(app, definition, progress)
                definition = {**definition, "SegmentId": segment["Id"]}
            self._tell(job_id, JobStatus="COMPLETED", CompletionDate=self._stamp(), Definition=definition, **progress.counts())

    def _imported_segment(self, app: str, definition: Body, progress: imports.Progress) -> Body:
        imported = {
            "ExternalId": definition.get("ExternalId", ""),
            "Format": definition["Format"],
            "RoleArn": definition["RoleArn"],
            "S3Url": definition["S3Url"],
            "Size": len(set(progress.members)),
            "ChannelCounts": dict(progress.channels),
        }
        wanted = {
            "Name": definition.get("SegmentName"),
            "SegmentType": "IMPORT",
            "ImportDefinition": imported,
            "Members": sorted(set(progress.members)),
        }
        return self._new_segment(app, wanted, key=definition.get("SegmentId"))

    def _new_segment(self, app: str, wanted: Body, key: str | None = None) -> Body:
        key = key or uuid.uuid4().hex
        segment = {
            **wanted,
            "Id": key,
            "Arn": self._context.arn("mobiletargeting", f"apps/{app}/segments/{key}"),
            "ApplicationId": app,
            "CreationDate": self._stamp(),
            "LastModifiedDate": self._stamp(),
            "Version": 1,
        }
        self._store.put(f"segment/{app}", key, segment)
        return _shown(segment)

    def _register(self, app: str, update: Endpoint) -> Endpoint:
        """Keeps the endpoint as the update leaves it; raises `InvalidEndpointError`."""
        key = id_of(update)
        with self._lock:
            held = self._of(app)
            now = self._stamp()
            endpoint = {**merged(held.get(key), update), "Id": key, "ApplicationId": app, "EffectiveDate": now}
            endpoint.setdefault("CreationDate", now)
            held[key] = endpoint
            self._store.put(f"endpoint/{app}", key, endpoint)
        return endpoint

    def _endpoint(self, request: Body) -> Endpoint:
        endpoint = self._of(self._app(request)["Id"]).get(request["EndpointId"])
        if endpoint is None:
            raise ServiceError("NotFoundException", f"no endpoint {request['EndpointId']}")
        return endpoint

    def _tell(self, job_id: str, **changes: Any) -> Body:
        return self._store.update("job", job_id, lambda job: {**job, **changes})


def _shown(segment: Body) -> Body:
    return {name: value for name, value in segment.items() if name != "Members"}
