"""The commands that train models and score customers. `register` adds them to `omni`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.flow.progress import Steps

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Day = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="With what was known before this day; yesterday when left out.")
]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    group = typer.Typer(help="Score every customer with the approved models, and make the audiences.", invoke_without_command=True)
    app.add_typer(group, name="score")

    @app.command()
    def train(as_of: Day = None, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Train both models: tune, fit, evaluate on later time, and register what passes the gate."""
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from sandbox.flow.train import train as train_models

        with Steps(console).step("Training") as tell:
            train_models(cloud, (as_of or yesterday()).date(), tell)

    @group.callback()
    def score(context: typer.Context, as_of: Day = None, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Score every customer with the approved models, and make the audiences."""
        if context.invoked_subcommand:
            return
        cloud = open_cloud(name, environment)
        from sandbox.flow.score import score as score_customers

        with Steps(console).step("Scoring") as tell:
            score_customers(cloud, (as_of or yesterday()).date(), tell)


def yesterday() -> datetime:
    """What a schedule would take."""
    return datetime.now(UTC) - timedelta(days=1)
