"""Training jobs in script mode, as the images' training toolkit runs them."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sandbox.twins.sagemaker.container import PREFIX, Container
from sandbox.twins.sagemaker.hosts import run_together
from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.transfer import pack
from sandbox.twins.sagemaker.trials import OBJECTIVE_HYPERPARAMETER, final_value, metric_values

_ALSO_ALONE = (
    "current_host",
    "hosts",
    "input_config_dir",
    "input_data_config",
    "input_dir",
    "model_dir",
    "module_dir",
    "module_name",
    "network_interface_name",
    "num_cpus",
    "num_gpus",
    "output_data_dir",
    "output_dir",
    "resource_config",
    "user_entry_point",
)
"""Members of SM_TRAINING_ENV that have a variable of their own."""

_SERVICES_OWN = (OBJECTIVE_HYPERPARAMETER, "default_user_module_name")
"""Hyperparameters beside `sagemaker_*` that the toolkit keeps from the script."""

_PROGRAM, _CODE = "sagemaker_program", "sagemaker_submit_directory"


def model_uri(request: Mapping[str, Any]) -> str:
    """Where the job's model.tar.gz goes."""
    return f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/output/model.tar.gz"


def run_training(hosts: Sequence[Container], request: Mapping[str, Any], arn: str, now: datetime) -> dict[str, Any]:
    """Run the job; what DescribeTrainingJob says more afterwards. JobFailedError with the service's words.

    Metrics are those that the first host prints: the service reads the logs of all of them, where the same ones are repeated.
    """
    run_together(hosts, lambda container: _run(container, request, arn))
    _deliver(hosts, request)
    return {"ModelArtifacts": {"S3ModelArtifacts": model_uri(request)}, "FinalMetricDataList": _metrics(hosts[0], request, now)}


def _run(container: Container, request: Mapping[str, Any], arn: str) -> None:
    """One host's part."""
    channels = request.get("InputDataConfig", [])
    for channel in channels:
        _fetch(container, channel)
    raw = request.get("HyperParameters", {})
    container.write_config("input/config/hyperparameters.json", raw)
    container.write_config("input/config/inputdataconfig.json", {each["ChannelName"]: _channel(each) for each in channels})
    container.write_resources("input/config/resourceconfig.json", request["ResourceConfig"].get("InstanceType", "local"))

    command = _command(container, request)
    variables = {"TRAINING_JOB_NAME": request["TrainingJobName"], "TRAINING_JOB_ARN": arn, **_variables(container, request)}
    code = container.run(command, variables | request.get("Environment", {}), directory=container.root / "code")
    if code != 0:
        raise JobFailedError(
            f"AlgorithmError: {container.said('output/failure') or _user_error(container, command, code)}, exit code: {code}"
        )


def _fetch(container: Container, channel: Mapping[str, Any]) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix" or channel.get("InputMode", "File") not in ("File", "FastFile"):
        raise JobFailedError(f"ClientError: channel {channel['ChannelName']} is not S3Prefix in File mode, which is what the sandbox does")
    directory = container.root / "input" / "data" / channel["ChannelName"]
    directory.mkdir(parents=True, exist_ok=True)
    objects = container.share(container.transfer.objects(source["S3Uri"]), source)
    container.transfer.download(objects, directory, gunzip=channel.get("CompressionType") == "Gzip")


def _channel(channel: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ContentType": channel.get("ContentType"),
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }


def _command(container: Container, request: Mapping[str, Any]) -> list[str]:
    algorithm = request["AlgorithmSpecification"]
    if entrypoint := algorithm.get("ContainerEntrypoint"):
        return [*entrypoint, *algorithm.get("ContainerArguments", ())]
    parameters = _hyperparameters(request)
    if _PROGRAM not in parameters:
        raise JobFailedError(
            f"ClientError: no hyperparameter {_PROGRAM}: the images' built-in algorithms are not in the sandbox, scripts are"
        )
    if _CODE in parameters:
        container.transfer.unpack(str(parameters[_CODE]), container.root / "code")
    if not (container.root / "code" / str(parameters[_PROGRAM])).is_file():
        raise JobFailedError(f"ClientError: {parameters.get(_CODE)} has no {parameters[_PROGRAM]}")
    return ["python3", str(parameters[_PROGRAM]), *_arguments(request)]


def _hyperparameters(request: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the toolkit understands them: JSON where they are JSON, else the text."""
    return {name: _decoded(value) for name, value in request.get("HyperParameters", {}).items()}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _arguments(request: Mapping[str, Any]) -> list[str]:
    own = _scripts_own(_hyperparameters(request))
    return [part for name, value in sorted(own.items()) for part in (f"-{name}" if len(name) == 1 else f"--{name}", str(value))]


def _variables(container: Container, request: Mapping[str, Any]) -> dict[str, str]:
    every = _hyperparameters(request)
    own = _scripts_own(every)
    channels = [each["ChannelName"] for each in request.get("InputDataConfig", [])]
    program = str(every.get(_PROGRAM, ""))
    input_config = json.loads((container.root / "input/config/inputdataconfig.json").read_text())
    resources = json.loads((container.root / "input/config/resourceconfig.json").read_text())
    environment = {
        "channel_input_dirs": {name: f"{PREFIX}/input/data/{name}" for name in channels},
        "current_host": container.host,
        "hosts": list(container.hosts),
        "hyperparameters": own,
        "input_config_dir": f"{PREFIX}/input/config",
        "input_data_config": input_config,
        "input_dir": f"{PREFIX}/input",
        "is_master": container.host == container.hosts[0],
        "job_name": request["TrainingJobName"],
        "master_hostname": container.hosts[0],
        "model_dir": f"{PREFIX}/model",
        "module_dir": every.get(_CODE, f"{PREFIX}/code"),
        "module_name": PurePosixPath(program).stem,
        "network_interface_name": resources["network_interface_name"],
        "num_cpus": max((os.cpu_count() or 1) // len(container.hosts), 1),
        "num_gpus": 0,
        "output_data_dir": f"{PREFIX}/output/data",
        "output_dir": f"{PREFIX}/output",
        "resource_config": resources,
        "user_entry_point": program,
    }
    return {
        **{f"SM_{name.upper()}": _variable(environment[name]) for name in _ALSO_ALONE},
        **{f"SM_CHANNEL_{name.upper()}": f"{PREFIX}/input/data/{name}" for name in channels},
        **{f"SM_HP_{name.upper().replace('-', '_')}": _variable(value) for name, value in own.items()},
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(own),
        "SM_USER_ARGS": json.dumps(_arguments(request)),
        "SM_TRAINING_ENV": json.dumps(environment),
        "SM_LOG_LEVEL": str(every.get("sagemaker_container_log_level", 20)),
        "PYTHONPATH": f"{PREFIX}/code",
    }


def _scripts_own(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in hyperparameters.items() if not name.startswith("sagemaker_") and name not in _SERVICES_OWN}


def _variable(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _user_error(container: Container, command: list[str], code: int) -> str:
    return f'ExecuteUserScriptError: ExitCode {code} ErrorMessage "{container.last_words()}" Command "{" ".join(command)}"'


def _deliver(hosts: Sequence[Container], request: Mapping[str, Any]) -> None:
    output = request["OutputDataConfig"]
    if output.get("CompressionType", "GZIP") != "GZIP":
        raise JobFailedError("ClientError: OutputDataConfig.CompressionType is not GZIP, which is what the sandbox writes")
    for name, inside in {"model": "model", "output": "output/data"}.items():
        folders = [container.root / inside for container in hosts]
        if name == "model" or any(path for folder in folders for path in folder.iterdir()):
            archive = hosts[0].directory / f"{name}.tar.gz"
            pack(folders, archive)
            hosts[0].transfer.put(archive, model_uri(request).replace("model.tar.gz", archive.name), output.get("KmsKeyId"))


def _metrics(container: Container, request: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The last value of each metric that the log shows, by the request's own regular expressions."""
    log = container.log.read_text(errors="replace") if container.log.exists() else ""
    definitions = request["AlgorithmSpecification"].get("MetricDefinitions", ())
    finals = {each["Name"]: final_value(metric_values(log, each["Regex"])) for each in definitions}
    return [{"MetricName": name, "Value": value, "Timestamp": now} for name, value in finals.items() if value is not None]
