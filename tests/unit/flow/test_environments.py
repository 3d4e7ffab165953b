"""`omni load` and `omni run` go to the environment that is asked for, and do without what it does not have."""

import boto3
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.flow import commands
from sandbox.flow.view import train_personalize

COMMANDS = {"load": ["load", "landing"], "run": ["run", "--as-of", "2026-11-01"]}


class Opened(Exception):
    """Stands for everything that a command does after it has its cloud."""


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("options", "meant"), [(["--environment", "dev"], "dev"), ([], SANDBOX_ENVIRONMENT)])
def test_a_command_opens_the_cloud_that_was_meant(command: list[str], options: list[str], meant: str) -> None:
    asked: list[tuple[str, str]] = []

    def open_cloud(name: str, environment: str) -> Cloud:
        asked.append((name, environment))
        raise Opened

    app = typer.Typer()
    commands.register(app, Console(), open_cloud, lambda *_: pytest.fail("nothing is deployed"))
    done = CliRunner().invoke(app, [*command, *options])

    assert isinstance(done.exception, Opened)
    assert asked == [("default", meant)]


def test_without_personalize_there_is_nothing_to_train() -> None:
    cloud = Cloud("dev", "eu-west-1", boto3.Session(region_name="eu-west-1"))
    vars(cloud)["outputs"] = {}
    told: list[str] = []

    train_personalize(cloud, told.append)

    assert told == ["off; popular products are shown instead"]
