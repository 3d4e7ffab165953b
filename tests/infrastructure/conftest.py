"""Every template, synthesised once per session: for AWS with every knob off and on, and for the sandbox."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")

from aws_cdk import App, Aspects, Validations
from cdk_nag import AwsSolutionsChecks

from sandbox.aspect import SandboxAspect
from stacks.build import build
from stacks.components import wheels
from stacks.settings import Settings
from tests.infrastructure.cloud import Cloud

ROOT = Path(__file__).parents[2]
TWINS = "https://127.0.0.1:1"
ALL_ON = {"segment": "on", "personalize": "on", "messaging": "pinpoint", "alarm_email": "who@example.com"}


def context(**knobs: str) -> dict[str, object]:
    """What the CDK CLI would hand over: `cdk.json` and what the command line says."""
    return {**json.loads((ROOT / "cdk.json").read_text())["context"], **knobs}


def synthesised(directory: Path, knobs: Mapping[str, str], *, nag: bool = True) -> Cloud:
    """The templates that `build` makes under these knobs; cdk-nag's findings end the synthesis with an error."""
    app = App(context=context(**knobs), outdir=str(directory))
    settings = Settings.from_context(app.node)
    build(app, settings)
    if nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    if settings.in_sandbox:
        Aspects.of(app).add(SandboxAspect(settings.twin_url))
    return Cloud.of(app.synth())


@pytest.fixture(scope="session", autouse=True)
def without_wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What somebody fetched for a deployment is not part of the app."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wheels, "WHEELS", tmp_path_factory.mktemp("wheels"))
        yield


@pytest.fixture(scope="session")
def off(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """AWS, the defaults of `cdk.json`."""
    return synthesised(tmp_path_factory.mktemp("off"), {})


@pytest.fixture(scope="session")
def on(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """AWS, every knob on."""
    return synthesised(tmp_path_factory.mktemp("on"), ALL_ON)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """The sandbox, every knob on."""
    knobs = {**ALL_ON, "environment": "sandbox", "twin_url": TWINS}
    return synthesised(tmp_path_factory.mktemp("sandbox"), knobs, nag=False)


@pytest.fixture(params=["off", "on"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """Either of the AWS variants: a promise holds in both."""
    found: Cloud = request.getfixturevalue(request.param)
    return found
