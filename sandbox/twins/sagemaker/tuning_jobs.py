"""Tuning jobs, as operations of the API and as steps of a pipeline."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.base import only, ordered, page
from sandbox.twins.sagemaker.jobs import INTERRUPTED, LOG_FILE, JobOperations
from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import JobStoppedError, Stop
from sandbox.twins.sagemaker.proposals import STRATEGIES
from sandbox.twins.sagemaker.ranges import RangesError, Space
from sandbox.twins.sagemaker.step_requests import request_of
from sandbox.twins.sagemaker.trials import FINAL_OBJECTIVE, Trial, best_first, counters, summary, training_arguments, trial_name, value_of
from sandbox.twins.sagemaker.tuning import Tuning, plan
from sandbox.twins.store import Document

ARN_KIND = "hyper-parameter-tuning-job"
LOG = logging.getLogger("sandbox.twins.sagemaker")
_PREFIX = "HyperParameterTuningJob"
_OBJECTIVE = "HyperParameterTuningJobObjective"
_TOP = 50


class TuningJobOperations(JobOperations):
    """Create, stop, look at and list tuning jobs. `run_tuning_job` blocks until one is over."""

    def create_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Starts a tuning job in the background. Names are never free again."""
        name = request[f"{_PREFIX}Name"]
        if self.store.get("tuning", name.lower()):
            arn = self.arn(f"{ARN_KIND}/{name.lower()}")
            raise ServiceError("ResourceInUse", f"Job name must be unique within an AWS account and region, and {arn} exists already.")
        arn = self._begin(request)
        stop = Stop()
        self.running.start(arn, stop, lambda: self._tune(request, stop))
        return {f"{_PREFIX}Arn": arn}

    def describe_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """One tuning job."""
        return self._tuning_job(request[f"{_PREFIX}Name"])

    def stop_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Asks a tuning job and its training jobs to stop; one that is over stays as it is."""
        job = self._tuning_job(request[f"{_PREFIX}Name"])
        if job[f"{_PREFIX}Status"] == "InProgress":
            self.store.update("tuning", job[f"{_PREFIX}Name"].lower(), lambda current: {**current, f"{_PREFIX}Status": "Stopping"})
            self.running.stop(job[f"{_PREFIX}Arn"])
        return {}

    def list_hyper_parameter_tuning_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """Tuning jobs by status and part of their name."""
        status, part = request.get("StatusEquals"), request.get("NameContains", "")
        found = [
            {
                **only(job, [f"{_PREFIX}{name}" for name in ("Name", "Arn", "Status")]),
                **only(job, ("CreationTime", "HyperParameterTuningEndTime", "LastModifiedTime")),
                **only(self._standing(job), ("TrainingJobStatusCounters", "ObjectiveStatusCounters")),
                **only(job[f"{_PREFIX}Config"], ("Strategy", "ResourceLimits")),
            }
            for job in self.store.all("tuning")
            if part in job[f"{_PREFIX}Name"] and status in (None, job[f"{_PREFIX}Status"])
        ]
        by = {"Name": f"{_PREFIX}Name", "Status": f"{_PREFIX}Status"}.get(request.get("SortBy", ""), "CreationTime")
        return page(f"{_PREFIX}Summaries", ordered(found, request, by), request)

    def list_training_jobs_for_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """The training jobs that a tuning job has started; by objective, only those that have one."""
        status, by = request.get("StatusEquals"), request.get("SortBy", "Name")
        found = [
            each for each in self._summaries(self._tuning_job(request[f"{_PREFIX}Name"])) if status in (None, each["TrainingJobStatus"])
        ]
        if by == "FinalObjectiveMetricValue":
            having = (each for each in found if FINAL_OBJECTIVE in each)
            shown = sorted(having, key=value_of, reverse=request.get("SortOrder") == "Descending")
        else:
            members = {"Name": "TrainingJobName", "CreationTime": "CreationTime", "Status": "TrainingJobStatus"}
            shown = ordered(found, request, members[by], "Ascending")
        return page("TrainingJobSummaries", shown, request)

    def run_tuning_job(self, request: Mapping[str, Any], stop: Stop) -> Document:
        """Run a tuning job to its end; its describe response with the best training jobs first, which is what a pipeline reads."""
        self._begin(request)
        job = self._tune(request, stop)
        return {**job, "TrainingJobSummaries": best_first(self._summaries(job), request[f"{_PREFIX}Config"][_OBJECTIVE])[:_TOP]}

    def interrupt_tuning_jobs(self) -> None:
        """After a restart: tuning jobs that were running are not any more."""
        for job in self.store.all("tuning"):
            if job[f"{_PREFIX}Status"] in ("InProgress", "Stopping"):
                self._finish_tuning(job[f"{_PREFIX}Name"], {f"{_PREFIX}Status": "Failed", "FailureReason": INTERRUPTED})

    # What a tuning job needs of the twin: `tuning.Jobs`.

    def train(self, name: str, arguments: Mapping[str, Any], tuning_job_arn: str, stop: Stop) -> Document:
        """Run a training job of a tuning job to its end; its document."""
        return self.run_job("Training", request_of("Training", name, arguments), stop, {"TuningJobArn": tuning_job_arn})

    def log_of(self, name: str) -> str:
        """What a job has printed so far."""
        path = self.job_directory(name) / LOG_FILE
        return path.read_text(errors="replace") if path.exists() else ""

    def stopped_early(self, name: str) -> Document:
        """Write down that a training job was stopped; its document."""
        stopped = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}
        return self.store.update("job-Training", name.lower(), lambda current: {**current, **stopped})

    def note(self, tuning_job: str, trial: Trial) -> None:
        """Write down how a trial stands."""
        self.store.put("trial", f"{tuning_job.lower()}/{trial.number:03d}", trial.kept(tuning_job))

    def _begin(self, request: Mapping[str, Any]) -> str:
        check(request)
        name, now = request[f"{_PREFIX}Name"], self.context.now()
        arn = self.arn(f"{ARN_KIND}/{name.lower()}")
        kept = only(dict(request), (f"{_PREFIX}Name", f"{_PREFIX}Config", "TrainingJobDefinition"))
        state = {f"{_PREFIX}Arn": arn, f"{_PREFIX}Status": "InProgress", "CreationTime": now, "LastModifiedTime": now}
        self.store.put("tuning", name.lower(), {**kept, **state})
        self._tag(arn, dict(request))
        return arn

    def _tune(self, request: Mapping[str, Any], stop: Stop) -> Document:
        name = request[f"{_PREFIX}Name"]
        arn = self.arn(f"{ARN_KIND}/{name.lower()}")
        try:
            # Without a RandomSeed every tuning job looks elsewhere.
            ended = Tuning(plan(request, arn, secrets.randbits(32), self.slots.number), self, stop).run()
            changes = {f"{_PREFIX}Status": "Completed", **ended}
        except JobFailedError as error:
            changes = {f"{_PREFIX}Status": "Failed", "FailureReason": error.reason}
        except JobStoppedError:
            changes = {f"{_PREFIX}Status": "Stopped"}
        except Exception as error:
            LOG.exception("tuning job %s", name)
            changes = {f"{_PREFIX}Status": "Failed", "FailureReason": f"InternalServerError: {type(error).__name__}: {error}"}
        return self._finish_tuning(name, changes)

    def _finish_tuning(self, name: str, changes: Mapping[str, Any]) -> Document:
        now = self.context.now()
        ended = {**changes, "HyperParameterTuningEndTime": now, "LastModifiedTime": now}
        self.store.update("tuning", name.lower(), lambda current: {**current, **ended})
        return self._tuning_job(name)

    def _tuning_job(self, name: str) -> Document:
        document = self.found("tuning", name.lower(), f"Tuning job {name}", "ResourceNotFound")
        return {**document, **self._standing(document)}

    def _standing(self, document: Document) -> Document:
        shown = self._summaries(document)
        first = best_first(shown, document[f"{_PREFIX}Config"][_OBJECTIVE])[:1]
        return {**counters(shown), **({"BestTrainingJob": first[0]} if first else {})}

    def _summaries(self, document: Document) -> list[Document]:
        objective = document[f"{_PREFIX}Config"][_OBJECTIVE]
        trials = [each for each in self.store.all("trial") if each["Tuning"] == document[f"{_PREFIX}Name"]]
        jobs = [self.store.get("job-Training", each["TrainingJobName"].lower()) for each in trials]
        return [summary(trial, job, objective) for trial, job in zip(trials, jobs, strict=True) if job]


def check(request: Mapping[str, Any]) -> None:
    """ServiceError `ValidationException` for what the service refuses beyond its model, and for what the sandbox does not do."""
    config, definition = request[f"{_PREFIX}Config"], request.get("TrainingJobDefinition")
    lacking = [name for name in ("TrainingJobDefinitions", "WarmStartConfig", "Autotune") if name in request]
    if lacking or definition is None:
        raise _refused(f"the sandbox tunes one TrainingJobDefinition from scratch; {', '.join(lacking) or 'it'} cannot be done")
    if config["Strategy"] not in STRATEGIES:
        raise _refused(f"the sandbox does not do the strategy {config['Strategy']}, only {' and '.join(STRATEGIES)}")
    if "MaxRuntimeInSeconds" in config["ResourceLimits"]:
        raise _refused("the sandbox does not do ResourceLimits.MaxRuntimeInSeconds; limit each training job by its StoppingCondition")
    if config.get("TuningJobCompletionCriteria", {}).get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled":
        raise _refused("the sandbox does not detect convergence; use BestObjectiveNotImproving")
    if missing := [name for name in (_OBJECTIVE, "ParameterRanges") if name not in config]:
        raise _refused(f"{_PREFIX}Config lacks {' and '.join(missing)}")
    if "MaxNumberOfTrainingJobs" not in config["ResourceLimits"]:
        raise _refused("ResourceLimits lacks MaxNumberOfTrainingJobs")
    if "ResourceConfig" not in definition:
        raise _refused("TrainingJobDefinition lacks ResourceConfig")
    _check_training(request, config, definition)


def _check_training(request: Mapping[str, Any], config: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    metrics = [each["Name"] for each in definition["AlgorithmSpecification"].get("MetricDefinitions", ())]
    objective = config[_OBJECTIVE]["MetricName"]
    if objective not in metrics:
        raise _refused(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
            f" ({objective} is not among {metrics})"
        )
    try:
        space = Space.parse(config["ParameterRanges"])
    except RangesError as error:
        raise _refused(str(error)) from error
    if both := sorted({*space.names} & {*definition.get("StaticHyperParameters", {})}):
        raise _refused(f"hyperparameters {both} are in StaticHyperParameters and in ParameterRanges; expected them in one of both")
    first = space.values((0.0,) * len(space.ranges))
    request_of("Training", trial_name(request[f"{_PREFIX}Name"], 1), training_arguments(definition, objective, first))


def _refused(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
