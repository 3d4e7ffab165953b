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
ALL_ON = {
    "segment": "on",
    "segment_live": "on",
    "personalize": "on",
    "messaging": "pinpoint",
    "alarm_email": "who@example.com",
    "sources": "segment-events,sales-orders,tills",
    "segment_logs": "on",
    "segment_external_id": "9aQ1Lj62S4bomZKLF4DPqW",
    "segment_lambda": "on",
    "segment_event_source": "aws.partner/segment.com/9aQ1Lj62S4bomZKLF4DPqW",
    "tills": "on",
    "dms": "sqlserver",
    "dms_database": "shop",
    "dms_secret_arn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf",
    "dms_secret_key_arn": "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "dms_subnets": "subnet-0a1b2c3d4e5f60718, subnet-1a2b3c4d5e6f70819",
    "dms_security_groups": "sg-0a1b2c3d4e5f60718",
    "dms_tables": "dbo.Orders=sales/orders, dbo.OrderLines=sales/order_lines, dbo.Customers=crm/customers",
    "lake_formation": "on",
    "admin_role": "arn:aws:iam::111122223333:role/lake-administrators",
    "analyst_role": "arn:aws:iam::111122223333:role/analysts",
    "engineer_role": "arn:aws:iam::111122223333:role/engineers",
    "glue_data_quality": "on",
    "consent_lock": "on",
    "superseded_consent_years": "5",
    "studio": "on",
    "studio_vpc": "vpc-0a1b2c3d4e5f60718",
    "studio_subnets": "subnet-0a1b2c3d4e5f60718, subnet-1a2b3c4d5e6f70819",
    "studio_users": "anna, ben",
}
"""Every knob, with what it needs beside the switch."""


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
