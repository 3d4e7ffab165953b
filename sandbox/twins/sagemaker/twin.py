"""Amazon SageMaker on a laptop: the API, and pipelines that really run."""

from typing import Any

from sandbox.twins.sagemaker.jobs import KINDS
from sandbox.twins.sagemaker.processing_jobs import ProcessingJobOperations
from sandbox.twins.sagemaker.tuning_jobs import ARN_KIND

_OF_ALL = "*"


class SageMakerTwin(ProcessingJobOperations):
    """Pipelines, their executions and jobs, models and the model registry."""

    def resource(self, operation: str, request: dict[str, Any]) -> str:
        """The ARN that IAM decides on, as the service authorization reference defines it."""
        if "PipelineExecutionArn" in request:
            return str(request["PipelineExecutionArn"])
        if "PipelineName" in request:
            return self._pipeline_arn(request["PipelineName"].rpartition("/")[2])
        for member in ("ResourceArn", "ModelPackageArn"):
            if member in request:
                return str(request[member])
        named = {"ModelPackageName": "model-package", "ModelName": "model"}
        named |= {"HyperParameterTuningJobName": ARN_KIND}
        named |= {kind.member("Name"): kind.arn for kind in KINDS.values()}
        for member, kind in named.items():
            if member in request:
                name = str(request[member])
                return name if name.startswith("arn:") else self.arn(f"{kind}/{name if kind == 'model-package' else name.lower()}")
        if "ModelPackageGroupName" in request and not operation.startswith("List"):
            kind = "model-package" if operation == "CreateModelPackage" else "model-package-group"
            name = request["ModelPackageGroupName"].rpartition("/")[2]
            return self.arn(f"{kind}/{name}" + ("/*" if kind == "model-package" else ""))
        return _OF_ALL

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        """`jobs`: each job with its status and log; `log?job=NAME`: the text of one log; `steps`: all steps of all executions."""
        match what:
            case "jobs":
                return [
                    {
                        "name": job[kind.member("Name")],
                        "type": step_type,
                        "status": job[kind.member("Status")],
                        "reason": job.get("FailureReason"),
                        "log": str(self.job_directory(job[kind.member("Name")]) / "log.txt"),
                    }
                    for step_type, kind in KINDS.items()
                    for job in self.store.all(f"job-{step_type}")
                ]
            case "log":
                known = {job["name"] for job in self.inspect("jobs", {})}
                if query.get("job") not in known:
                    raise ValueError(f"there is no job {query.get('job')!r}")
                return {"log": (self.job_directory(query["job"]) / "log.txt").read_text(errors="replace")}
            case "steps":
                return [step for step in self.store.all("step") if query.get("execution", step["Execution"]) == step["Execution"]]
        raise ValueError(f"the SageMaker twin shows jobs, log?job=NAME and steps, not {what!r}")
