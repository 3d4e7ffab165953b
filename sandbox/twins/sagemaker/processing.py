"""Processing jobs: inputs from S3, a command, outputs to S3."""

from collections.abc import Mapping
from typing import Any

from sandbox.twins.sagemaker.container import Container
from sandbox.twins.sagemaker.outcome import JobFailedError


def run_processing(container: Container, request: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """Run the job; what DescribeProcessingJob says more afterwards. JobFailedError with the service's words."""
    application = request["AppSpecification"]
    entrypoint = application.get("ContainerEntrypoint")
    if not entrypoint:
        raise JobFailedError(
            "ClientError: AppSpecification has no ContainerEntrypoint; the images' own entry points are not in the sandbox"
        )
    for each in request.get("ProcessingInputs", ()):
        _fetch(container, each)
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    for each in outputs:
        container.path(_s3(each, "S3Output")["LocalPath"]).mkdir(parents=True, exist_ok=True)
    container.write_config("config/processingjobconfig.json", {"ProcessingJobArn": arn, **request})
    container.write_resources("config/resourceconfig.json", request["ProcessingResources"]["ClusterConfig"]["InstanceType"])

    code = container.run([*entrypoint, *application.get("ContainerArguments", ())], request.get("Environment", {}))
    message = container.said("output/message")
    if code != 0:
        raise JobFailedError(f"AlgorithmError: {message or container.last_words()}, exit code: {code}", exit_message=message)
    for each in outputs:
        target = _s3(each, "S3Output")
        container.transfer.upload(container.path(target["LocalPath"]), target["S3Uri"], request["ProcessingOutputConfig"].get("KmsKeyId"))
    return {"ExitMessage": message}


def _fetch(container: Container, given: Mapping[str, Any]) -> None:
    source = _s3(given, "S3Input")
    if source.get("S3InputMode", "File") != "File" or source["S3DataType"] != "S3Prefix":
        raise JobFailedError(f"ClientError: input {given['InputName']} is not S3Prefix in File mode, which is what the sandbox does")
    directory = container.path(source["LocalPath"])
    directory.mkdir(parents=True, exist_ok=True)
    container.transfer.download(container.transfer.objects(source["S3Uri"]), directory, gunzip=source.get("S3CompressionType") == "Gzip")


def _s3(given: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    if member not in given:
        raise JobFailedError(
            f"ClientError: {given.get('InputName') or given.get('OutputName')} has no {member}, the one kind in the sandbox"
        )
    found: Mapping[str, Any] = given[member]
    return found
