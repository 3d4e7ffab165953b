"""The committed definitions: what the sources build, valid requests, nothing that only one environment has."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from omnichannel.contracts.scores import Model
from pipelines import definition

OPERATIONS = {
    "Processing": "ProcessingJob",
    "Training": "TrainingJob",
    "Transform": "TransformJob",
    "Model": "Model",
    "RegisterModel": "ModelPackage",
}


def committed(model: Model) -> str:
    return (definition.DEFINITIONS / f"{model}.json").read_text()


def steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step in document["Steps"]:
        yield step
        if step["Type"] == "Condition":
            yield from (*step["Arguments"]["IfSteps"], *step["Arguments"]["ElseSteps"])


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        return "s3://in/the-place-of-an-expression" if {"Get", "Std:Join"} & value.keys() else {k: filled(v) for k, v in value.items()}
    return [filled(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("model", Model)
def test_the_committed_definition_is_what_the_sources_build(model: Model) -> None:
    assert committed(model) == definition.build(model), "run: python -m pipelines.definition"


@pytest.mark.parametrize("model", Model)
def test_every_step_is_a_request_that_botocore_would_send(model: Model) -> None:
    service = get_session().get_service_model("sagemaker")
    reports = []

    for step in steps(json.loads(committed(model))):
        if name := OPERATIONS.get(step["Type"]):
            given = {"ModelPackageName" if name == "ModelPackage" else f"{name}Name": "name", **filled(step["Arguments"])}
            reports.append(ParamValidator().validate(given, service.operation_model(f"Create{name}").input_shape).generate_report())

    assert reports == [""] * 7


def test_texts_of_an_entrypoint_fit_the_service_s_limit() -> None:
    texts = [
        text
        for step in steps(json.loads(committed(Model.CHURN)))
        if step["Type"] == "Processing"
        for part in ("ContainerEntrypoint", "ContainerArguments")
        for text in step["Arguments"]["AppSpecification"][part]
        if isinstance(text, str)
    ]

    assert max(map(len, texts)) <= 256


def test_what_differs_between_environments_is_a_parameter() -> None:
    document = json.loads(committed(Model.REPURCHASE))

    names = [p["Name"] for p in document["Parameters"]]

    assert names == [
        "AsOf",
        "Run",
        "LakeBucket",
        "GlueDatabase",
        "RoleArn",
        "CodeUri",
        "WheelsUri",
        "ProcessingImage",
        "TrainingImage",
        "InstanceType",
        "ModelPackageGroup",
        "ApprovalStatus",
        "MinimumAuc",
        "MaximumAuc",
    ]
    assert "arn:" not in committed(Model.REPURCHASE)


def test_a_misspelt_request_is_refused_when_its_step_is_made() -> None:
    with pytest.raises(ValueError, match="PrimaryContainr"):
        definition.RequestStep("Model", definition.StepTypeEnum.CREATE_MODEL, {"PrimaryContainr": {}})


def test_no_output_lies_under_the_prefix_of_another() -> None:
    """SageMaker reads an S3 prefix as text: `…/train` would also hold `…/trained/model.tar.gz`."""
    places = re.findall(r'"([a-z]+)"\s*\]\s*\}\s*\}', committed(Model.CHURN))

    names = set(places)

    assert {"train", "test", "customers", "meta", "artifacts", "evaluation", "repacked", "scores"} <= names
    assert not [(a, b) for a in names for b in names if a != b and b.startswith(a)]
