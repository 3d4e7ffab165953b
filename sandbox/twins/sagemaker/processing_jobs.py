"""Processing jobs that no pipeline starts, as operations of the API."""

import logging
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.base import only, ordered, page
from sandbox.twins.sagemaker.jobs import KINDS
from sandbox.twins.sagemaker.pipelines import PipelineOperations
from sandbox.twins.sagemaker.processes import Stop

LOG = logging.getLogger("sandbox.twins.sagemaker")
_KIND = KINDS["Processing"]
_SUMMARY = ("ProcessingJobName", "ProcessingJobArn", "CreationTime", "ProcessingEndTime", "LastModifiedTime", "ProcessingJobStatus")


class ProcessingJobOperations(PipelineOperations):
    """Create, stop and list processing jobs; `JobOperations` describes them."""

    def create_processing_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Starts a job, which runs in the background. Names are never free again."""
        name = request["ProcessingJobName"]
        arn = self.arn(f"{_KIND.arn}/{name.lower()}")
        if self.store.get("job-Processing", name.lower()):
            raise ServiceError("ResourceInUse", f"Job name must be unique within an AWS account and region, and {arn} exists already.")
        self.note_start("Processing", request)
        stop = Stop()
        self.running.start(arn, stop, lambda: self._run_alone(request, stop))
        return {"ProcessingJobArn": arn}

    def stop_processing_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Asks a job to stop; one that is over stays as it is."""
        job = self.job("Processing", request["ProcessingJobName"])
        self.running.stop(job["ProcessingJobArn"])
        return {}

    def list_processing_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """Jobs by status and part of their name."""
        found = [only(job, (*_SUMMARY, "FailureReason", "ExitMessage")) for job in self.store.all("job-Processing")]
        status, part = request.get("StatusEquals"), request.get("NameContains", "")
        shown = [job for job in found if part in job["ProcessingJobName"] and status in (None, job["ProcessingJobStatus"])]
        return page(
            "ProcessingJobSummaries",
            ordered(shown, request, {"Name": "ProcessingJobName"}.get(request.get("SortBy", ""), "CreationTime")),
            request,
        )

    def _run_alone(self, request: dict[str, Any], stop: Stop) -> None:
        try:
            self.run_job("Processing", request, stop)
        except Exception as error:
            LOG.exception("processing job %s", request["ProcessingJobName"])
            self.fail_job("Processing", request["ProcessingJobName"], f"InternalServerError: {type(error).__name__}: {error}")
