import os
from pathlib import Path

import pytest

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.state import Sandbox
from stacks.policies import Environment


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")  # so that it is put back, whatever the test leaves
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_the_region_may_be_given_as_the_cdk_reads_it(monkeypatch: pytest.MonkeyPatch):
    for name, value in (("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(name, value)

    cloud = Cloud.of_aws("dev")
    cloud.enter()

    assert (cloud.region, os.environ["AWS_DEFAULT_REGION"]) == ("eu-central-1", "eu-central-1")


def test_an_environment_that_there_is_not_is_named_before_anything_else():
    with pytest.raises(SandboxError) as refused:
        Cloud.of_aws("mars")

    assert (refused.value.reason, [e.value in refused.value.hint for e in Environment]) == ("there is no 'mars'", [True] * len(Environment))


def test_a_missing_region_and_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(SandboxError, match="no region is set"):
        Cloud.of_aws("dev")

    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    with pytest.raises(SandboxError, match="there are no credentials"):
        Cloud.of_aws("dev")


def test_what_is_not_deployed_says_the_command_of_its_own_cloud(monkeypatch: pytest.MonkeyPatch):
    for name, value in (("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(name, value)
    second = Sandbox(directory=Path("/tmp/second"), port=1, twin_port=2, access_key="key", secret_key="secret")  # noqa: S108

    assert Cloud.of_aws("staging").how_to_deploy == "make deploy ENVIRONMENT=staging"
    assert Cloud.of_sandbox(second).how_to_deploy == "omni deploy --name second"
