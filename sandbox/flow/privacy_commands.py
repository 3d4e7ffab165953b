"""The commands about the rights of a person: erase, export, hold, release. `register` adds them to `omni`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.flow.progress import Steps
from sandbox.flow.who import Who

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Out = Annotated[Path, typer.Option("--out", help="Where the files go.", file_okay=False)]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""

    @app.command()
    def erase(
        who: Who,
        out: Out = Path("out"),
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be found where.")] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    ) -> None:
        """Erase a customer everywhere, prove it over every byte, and write the certificate; again, to go on with one that did not end."""
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from sandbox.flow import privacy

        customer_id = privacy.customer_named(cloud, who)
        if dry_run:
            show_found(console, *privacy.look(cloud, customer_id))
            return
        if not (yes or cloud.sandboxed):
            typer.confirm(f"Erase customer {customer_id} for good in {cloud.where}?", abort=True)
        with Steps(console).step("Erasing") as tell:
            done = privacy.erase(cloud, customer_id, out, tell)
            tell(f"refused, the customer is held: {done.held}" if done.held else f"erased; certificate {done.request}")
        for path in done.files:
            console.print(str(path), highlight=False, soft_wrap=True)
        if done.held:
            raise typer.Exit(1)

    @app.command()
    def export(who: Who, out: Out = Path("out"), name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Gather everything that is held about a customer into one archive; its copy in the lake is deleted after seven days."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import privacy

        with Steps(console).step("Gathering") as tell:
            done = privacy.export(cloud, privacy.customer_named(cloud, who), out, tell)
        console.print(str(done.files[0]), highlight=False, soft_wrap=True)

    @app.command()
    def hold(
        who: Who,
        reason: Annotated[str, typer.Option("--reason", help="Why the data must be kept; without names.")],
        until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day of the hold.")] = None,
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """Put a legal hold on a customer: erasures are refused and wait for its end."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import privacy

        privacy.hold(cloud, privacy.customer_named(cloud, who), reason, until.date() if until else None)
        console.print(f"held{f' until {until:%Y-%m-%d}' if until else ''}: erasures are refused", highlight=False)

    @app.command()
    def release(who: Who, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Lift a legal hold; the erasures that waited for it start."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import privacy

        started = privacy.release(cloud, privacy.customer_named(cloud, who))
        console.print(f"released; started: {', '.join(started) or 'nothing waited'}", highlight=False)


def show_found(console: Console, identifiers: Mapping[str, int], found: Mapping[str, Mapping[str, int]]) -> None:
    """What an erasure would find."""
    console.print(", ".join(f"{count} {kind}" for kind, count in identifiers.items()), highlight=False)
    table = Table("where", "what", box=None)
    for where, counts in found.items():
        table.add_row(where, ", ".join(f"{count} {name}" for name, count in counts.items()))
    console.print(table)
