"""SageMaker pipelines from committed definitions: the stack only binds the parameters' defaults."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from omnichannel.contracts.pipelines import SCORING, TRAINING, Definition, Parameter
from pipelines.bundle import bundle_files, write_bundle
from stacks.components.packages import ROOT

DEFINITIONS = ROOT / "pipelines" / "definitions"
BUILD = ROOT / ".build" / "pipelines"

GIVEN_AT_START = frozenset(map(str, Parameter))
"""Parameters that an execution brings; all others get a default from the stack, or keep the definition's."""

DESCRIPTIONS = {
    **{definition: f"Features, tuning, training, evaluation, gate and registry of the model {m}" for m, definition in TRAINING.items()},
    **{definition: f"Every customer's score by the newest approved version of the model {m}" for m, definition in SCORING.items()},
    Definition.AUDIENCES: "Customer segments and look-alikes",
}

_EPOCH = (1980, 1, 1, 0, 0, 0)


class DefinitionError(ValueError):
    """A committed definition and the stack disagree about parameters."""


class Pipeline(Construct):
    """The pipeline of one committed definition."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, definition: Definition, role: iam.IRole, defaults: Mapping[str, object]
    ) -> None:
        super().__init__(scope, id)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=name,
            pipeline_display_name=name,
            pipeline_description=DESCRIPTIONS[definition],
            role_arn=role.role_arn,
            pipeline_definition={"PipelineDefinitionBody": Stack.of(self).to_json_string(bind(load(definition), defaults))},
        )
        self.name = name


def load(definition: Definition) -> dict[str, Any]:
    """What is committed of a definition."""
    path = DEFINITIONS / f"{definition}.json"
    committed: dict[str, Any] = json.loads(path.read_text())
    return committed


def bind(definition: Mapping[str, Any], defaults: Mapping[str, object]) -> dict[str, Any]:
    """The definition with the stack's defaults; every parameter without one must be given at start."""
    known = {parameter["Name"] for parameter in definition["Parameters"]}
    if unknown := defaults.keys() - known:
        raise DefinitionError(f"the definition has no parameter {', '.join(sorted(unknown))}; expected one of {', '.join(sorted(known))}")
    parameters = [{**p, "DefaultValue": defaults[p["Name"]]} if p["Name"] in defaults else p for p in definition["Parameters"]]
    unbound = {p["Name"] for p in parameters if "DefaultValue" not in p} - GIVEN_AT_START
    if unbound:
        raise DefinitionError(f"nothing gives the parameters {', '.join(sorted(unbound))} a value")
    return {**definition, "Parameters": parameters}


@cache
def code_bundle() -> Path:
    """`sourcedir.tar.gz` with the packages that steps import, under a name by its content."""
    digest = hashlib.sha256()
    for name, content in sorted(bundle_files().items()):
        digest.update(f"{name}\0".encode() + content)
    path = BUILD / digest.hexdigest()[:12] / "sourcedir.tar.gz"
    return path if path.exists() else write_bundle(path)


@cache
def wheels_bundle(wheels: tuple[Path, ...]) -> Path:
    """One zip of wheels, under a name by its content; without any an empty one, and steps use what their Python has."""
    digest = hashlib.sha256("\n".join(f"{wheel.name} {wheel.stat().st_size}" for wheel in wheels).encode()).hexdigest()[:12]
    path = BUILD / f"wheels-{digest}.zip"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as bundle:
            for wheel in wheels:
                bundle.writestr(zipfile.ZipInfo(wheel.name, _EPOCH), wheel.read_bytes())
    return path
