"""Processing jobs that run one module of the bundle."""

from collections.abc import Mapping, Sequence

from pipelines.requests import HOUR, VOLUME_GB, Request, Value

PROCESSING = "/opt/ml/processing"
CODE, WHEELS = f"{PROCESSING}/input/code", f"{PROCESSING}/input/wheels"
WORK, SITE, MESSAGE = f"{PROCESSING}/work", f"{PROCESSING}/site", "/opt/ml/output/message"
OUTPUT = f"{PROCESSING}/output"

# Unpacks the bundle (whatever its object is called) and becomes the bootstrap; folders come as arguments of their own.
UNPACK = 'mkdir -p "$2" && tar xzf "$1"/* -C "$2" && cd "$2" && shift 2 && exec python3 -m pipelines.bootstrap "$@"'
ENTRYPOINT = ["sh", "-c", UNPACK, "step", CODE, WORK]


def processing(
    *,
    image: Value,
    role: Value,
    instance: Value,
    code: Value,
    wheels: Value | None = None,
    module: str,
    arguments: Sequence[Value],
    inputs: Mapping[str, Value],
    outputs: Mapping[str, Value],
    instances: Value = 1,
) -> Request:
    """A processing job that runs one module of the bundle; inputs and outputs are S3 locations by folder name."""
    sources = {"code": code, **({"wheels": wheels} if wheels is not None else {}), **inputs}
    prepare: list[Value] = ["--message", MESSAGE, *(["--wheels", WHEELS, "--site", SITE] if wheels is not None else [])]
    request: Request = {
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": instances, "InstanceType": instance, "VolumeSizeInGB": VOLUME_GB}},
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ENTRYPOINT, "ContainerArguments": [*prepare, module, *arguments]},
        "RoleArn": role,
        "StoppingCondition": {"MaxRuntimeInSeconds": HOUR},
        "ProcessingInputs": [_input(name, uri) for name, uri in sources.items()],
    }
    if outputs:
        request["ProcessingOutputConfig"] = {"Outputs": [_output(name, uri) for name, uri in outputs.items()]}
    return request


def input_folder(name: str) -> str:
    """Where a processing job finds an input."""
    return f"{PROCESSING}/input/{name}"


def output_folder(name: str) -> str:
    """Where a processing job leaves an output."""
    return f"{OUTPUT}/{name}"


def _input(name: str, uri: Value) -> Request:
    source = {
        "S3Uri": uri,
        "LocalPath": input_folder(name),
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": source}


def _output(name: str, uri: Value) -> Request:
    return {
        "OutputName": name,
        "AppManaged": False,
        "S3Output": {"S3Uri": uri, "LocalPath": output_folder(name), "S3UploadMode": "EndOfJob"},
    }
