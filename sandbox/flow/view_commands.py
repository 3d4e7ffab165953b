"""The commands about the customer view: `omni rebuild view` and `omni customer`. `register` adds them to `omni`."""

import json
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.http import get_signed
from sandbox.flow.progress import Steps
from sandbox.flow.view import rebuild_view
from sandbox.flow.who import Who, our_id

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Fields = Annotated[str, typer.Option("--fields", help="Groups such as segments,scores; contact, profile and refs say who it is.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    rebuilt = typer.Typer(no_args_is_help=True, help="Make state anew from the lake.")
    app.add_typer(rebuilt, name="rebuild")

    @rebuilt.command()
    def view(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Identity links, customers, redirects and products: what differs from the lake is written, the rest is left alone."""
        cloud = open_cloud(name, environment)
        with Steps(console).step("Customer view") as tell:
            rebuild_view(cloud, tell)

    @app.command()
    def customer(who: Who, fields: Fields = "", name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """What the profiles API answers about somebody, as JSON."""
        cloud = open_cloud(name, environment)
        url = f"{cloud.deployment.profiles_url}/profiles/{quote(our_id(cloud, who), safe='')}"
        answer = get_signed(cloud, url, {"fields": fields} if fields else {})
        if answer.status != 200:
            raise SandboxError("Asking for a customer", f"{answer.body['title']}: {answer.body['detail']}")
        console.print_json(json.dumps(answer.body))
