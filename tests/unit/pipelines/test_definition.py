"""The committed definitions: what the sources build, valid requests, nothing that only one environment has."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

import pipelines
from omnichannel.contracts.pipelines import Definition, Parameter
from pipelines.definition import build, steps
from pipelines.definition.sdk import ParameterInteger, StepTypeEnum
from pipelines.requests.check import check

OPERATIONS = {
    "Processing": "ProcessingJob",
    "Tuning": "HyperParameterTuningJob",
    "Training": "TrainingJob",
    "Transform": "TransformJob",
    "Model": "Model",
    "RegisterModel": "ModelPackage",
}
STEPS = {
    "train": ["Features", "Tune", "Train", "Evaluate", "Gate", "Register", "Refused"],
    "score": ["Features", "Model", "Score", "Publish"],
    "audiences": ["Features", "Segments", "Lookalikes"],
}
EXPRESSIONS = {"Get", "Std:Join", "Std:JsonGet"}


def committed(definition: Definition) -> str:
    return (build.DEFINITIONS / f"{definition}.json").read_text()


def written(definition: Definition) -> list[dict[str, Any]]:
    return list(_all(json.loads(committed(definition))))


def step(definition: Definition, name: str) -> dict[str, Any]:
    return next(each for each in written(definition) if each["Name"] == name)


def _all(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in document["Steps"]:
        yield each
        if each["Type"] == "Condition":
            yield from (*each["Arguments"]["IfSteps"], *each["Arguments"]["ElseSteps"])


def filled(value: Any, parameters: dict[str, str]) -> Any:
    if isinstance(value, dict):
        if EXPRESSIONS & value.keys():
            number = parameters.get(str(value.get("Get", "")).removeprefix("Parameters.")) == "Integer"
            return 1 if number else "s3://in/the-place-of-an-expression"
        return {k: filled(v, parameters) for k, v in value.items()}
    return [filled(v, parameters) for v in value] if isinstance(value, list) else value


def addresses(value: Any) -> Iterator[str]:
    """The ends of everything that lies in the run's folder."""
    if isinstance(value, dict):
        joined = value.get("Std:Join", {}).get("Values", [])
        if "pipelines" in joined:
            yield "/".join(str(part) for part in joined[5:])
        for each in value.values():
            yield from addresses(each)
    elif isinstance(value, list):
        for each in value:
            yield from addresses(each)


@pytest.mark.parametrize("definition", Definition)
def test_the_committed_definition_is_what_the_sources_build(definition: Definition) -> None:
    assert committed(definition) == build.build(definition), "run: python -m pipelines.definition"


def test_nothing_else_is_committed() -> None:
    assert {path.stem for path in build.DEFINITIONS.iterdir()} == set(map(str, Definition))


@pytest.mark.parametrize("definition", Definition)
def test_a_definition_has_the_steps_of_its_kind(definition: Definition) -> None:
    kind = "train" if definition.trains else "score" if definition.scores else "audiences"

    assert [each["Name"] for each in written(definition)] == STEPS[kind]


@pytest.mark.parametrize("definition", Definition)
def test_every_step_is_a_request_that_botocore_would_send(definition: Definition) -> None:
    service = get_session().get_service_model("sagemaker")
    parameters = {p["Name"]: p["Type"] for p in json.loads(committed(definition))["Parameters"]}
    reports = []

    for each in written(definition):
        if name := OPERATIONS.get(each["Type"]):
            named = "ModelPackageName" if name == "ModelPackage" else f"{name}Name"
            shape = service.operation_model(f"Create{name}").input_shape
            given = {named: "name", **filled(each["Arguments"], parameters)}
            reports.append(ParamValidator().validate(given, shape).generate_report())

    assert reports
    assert set(reports) == {""}


@pytest.mark.parametrize("definition", Definition)
def test_texts_of_an_entrypoint_fit_the_services_limits(definition: Definition) -> None:
    for each in written(definition):
        if each["Type"] == "Processing":
            application = each["Arguments"]["AppSpecification"]
            for part in ("ContainerEntrypoint", "ContainerArguments"):
                assert len(application[part]) <= 100
                assert max(len(text) for text in application[part] if isinstance(text, str)) <= 256


@pytest.mark.parametrize("definition", Definition)
def test_what_differs_between_environments_is_a_parameter(definition: Definition) -> None:
    text = committed(definition)
    names = {p["Name"] for p in json.loads(text)["Parameters"]}

    assert {"AsOf", "Run", "LakeBucket", "RoleArn", "CodeUri", "ProcessingImage", "InstanceType", "FeatureEngine"} <= names
    assert "arn:" not in text
    assert ".dkr.ecr." not in text


@pytest.mark.parametrize("definition", Definition)
def test_an_execution_brings_its_date_its_run_and_the_version_it_works_with(definition: Definition) -> None:
    open_ended = {p["Name"] for p in json.loads(committed(definition))["Parameters"]}
    training = {Parameter.CHAMPION, Parameter.APPROVAL}
    version = training if definition.trains else {Parameter.MODEL_DATA, Parameter.MODEL_VERSION} if definition.scores else set()

    assert open_ended & set(Parameter) == {Parameter.AS_OF, Parameter.RUN, *version}


def test_a_misspelt_request_is_refused_when_its_step_is_made() -> None:
    with pytest.raises(ValueError, match="PrimaryContainr"):
        steps.RequestStep("Model", StepTypeEnum.CREATE_MODEL, {"PrimaryContainr": {}})


def test_a_number_that_is_a_parameter_is_checked_as_a_number() -> None:
    limits = {"MaxParallelTrainingJobs": ParameterInteger("Parallel")}
    job = {"HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": limits}, "HyperParameterTuningJobName": "n"}

    check("CreateHyperParameterTuningJob", job, lambda value: isinstance(value, ParameterInteger))
    with pytest.raises(ValueError, match="HyperParameterTuningJobNam"):
        check("CreateHyperParameterTuningJob", {**job, "HyperParameterTuningJobNam": ""}, lambda value: isinstance(value, ParameterInteger))


@pytest.mark.parametrize("definition", Definition)
def test_no_output_lies_under_the_prefix_of_another(definition: Definition) -> None:
    """SageMaker reads an S3 prefix as text: `…/train` would also hold `…/trained/model.tar.gz`."""
    folders = {end.split("/")[0] for each in written(definition) for end in addresses(each["Arguments"])}

    assert folders
    assert not [(a, b) for a in folders for b in folders if a != b and b.startswith(a)]


def test_the_final_training_gets_the_archive_of_the_best_trial() -> None:
    channels = {
        c["ChannelName"]: c["DataSource"]["S3DataSource"] for c in step(Definition.CHURN_TRAIN, "Train")["Arguments"]["InputDataConfig"]
    }
    trials = step(Definition.CHURN_TRAIN, "Tune")["Arguments"]["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]

    best = [{"Get": "Steps.Tune.BestTrainingJob.TrainingJobName"}, "output", "model.tar.gz"]
    assert channels["tuned"]["S3Uri"]["Std:Join"]["Values"] == trials["Std:Join"]["Values"] + best


def test_trials_and_the_final_training_differ_by_one_hyperparameter_and_what_is_tuned() -> None:
    trial = step(Definition.REPURCHASE_TRAIN, "Tune")["Arguments"]
    ranges = [r for kind in trial["HyperParameterTuningJobConfig"]["ParameterRanges"].values() for r in kind]
    fixed = trial["TrainingJobDefinition"]["StaticHyperParameters"]
    final = step(Definition.REPURCHASE_TRAIN, "Train")["Arguments"]["HyperParameters"]

    assert (fixed["trial"], final["trial"]) == ("1", "0")
    assert {**fixed, "trial": "0"}.items() <= final.items()
    assert final.keys() - fixed.keys() == {r["Name"] for r in ranges}
    assert all(float(r["MinValue"]) <= float(final[r["Name"]]) <= float(r["MaxValue"]) for r in ranges)


def test_the_gate_and_its_refusal_speak_the_evaluations_words() -> None:
    gate = step(Definition.CHURN_TRAIN, "Gate")["Arguments"]["Conditions"]
    file = {"Get": "Steps.Evaluate.PropertyFiles.Evaluation"}

    assert gate == [{"Type": "Equals", "LeftValue": {"Std:JsonGet": {"PropertyFile": file, "Path": "gate.passed"}}, "RightValue": "true"}]
    assert step(Definition.CHURN_TRAIN, "Refused")["Arguments"]["ErrorMessage"]["Std:JsonGet"]["Path"] == "gate.refusal"


def test_a_version_says_where_it_comes_from() -> None:
    about = step(Definition.CHURN_TRAIN, "Register")["Arguments"]["CustomerMetadataProperties"]

    assert about.keys() == {"as_of", "run", "data_snapshot", "code", "model_card"}


def test_only_the_definitions_import_the_sdk() -> None:
    """Functions, steps and stacks stay without it: it takes seconds, and makes clients."""
    root = Path(pipelines.__file__).parent
    inside = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if "sagemaker." in path.read_text() and _imports_sdk(path)}
    code = "import sys, stacks.components.pipeline, pipelines.requests.processing; sys.exit('sagemaker' in sys.modules)"

    assert inside == {"definition/sdk.py"}
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _imports_sdk(path: Path) -> bool:
    return any(line.strip().startswith(("from sagemaker", "import sagemaker")) for line in path.read_text().splitlines())
