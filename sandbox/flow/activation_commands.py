"""The commands about activation runs: `omni activations list | show`, `omni suppress`. `register` adds them to `omni`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.flow.progress import Steps
from sandbox.flow.who import Who

if TYPE_CHECKING:
    from sandbox.flow.activations import Run

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="An activation run, or how it begins, or latest.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    group = typer.Typer(no_args_is_help=True, help="Activation runs: what was delivered where, and why not.")
    app.add_typer(group, name="activations")

    @group.command(name="list")
    def list_(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Every run that has ended, the newest first."""
        cloud = open_cloud(name, environment)
        from omnichannel.ledger.close import to_replay
        from sandbox.flow import activations

        table = _table("run", "as of", "closed", "customers", "delivered", "to be replayed")
        for run in activations.runs(cloud):
            delivered = ", ".join(f"{row['delivered']:,} {row['sink']}" for row in run.rows)
            failed = sum(map(to_replay, run.rows))
            table.add_row(run.run, run.as_of, f"{run.closed_at:%Y-%m-%d %H:%M}", f"{run.customers:,}", delivered, f"{failed:,}")
        console.print(table if table.row_count else "No activation run has ended yet; omni run --as-of DAY makes one.")

    @group.command()
    def show(run: RunName = "latest", name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """One run at every sink: delivered, withheld and rejected with the reasons, and whether it adds up."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import activations

        show_run(console, activations.named(cloud, run))

    @app.command()
    def suppress(
        who: Who,
        channel: Annotated[str, typer.Option("--channel", help="email, sms, push or any.")] = "any",
        reason: Annotated[str, typer.Option("--reason", help="request, complaint or bounce.")] = "request",
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """Let nothing more go to a customer on a channel, from now on."""
        cloud = open_cloud(name, environment)
        from omnichannel.activation.suppression import CHANNELS, Why
        from sandbox.flow import activations

        if channel not in CHANNELS or reason not in set(Why):
            raise typer.BadParameter(f"channel is one of {', '.join(CHANNELS)}, reason one of {', '.join(Why)}")
        found = activations.suppress_customer(cloud, who, channel, Why(reason), datetime.now(UTC))
        console.print(f"nothing more goes to {found} on {channel}: {reason}", highlight=False)


def replay_run(console: Console, cloud: Cloud, name: str) -> bool:
    """Replays a run's failures with progress, and says what came of it; False when some remain."""
    from sandbox.flow import activations

    run = activations.named(cloud, name)
    with Steps(console).step(f"Replaying run {run.run}") as tell:
        failed = activations.to_replay(cloud, run)
        tell(f"{activations.in_words(failed)} to be sent once more")
        ended, after = activations.replay(cloud, run, tell)
        tell(ended.status.lower())
    show_run(console, after)
    left = sum(activations.to_replay(cloud, after).values())
    done = sum(failed.values()) - left
    words = f"{done:,} of {sum(failed.values()):,} failures are settled" if sum(failed.values()) else "nothing had failed, nothing was sent"
    console.print(words if ended.status == "SUCCEEDED" else f"[red]{words}[/red]: {ended.reason}", highlight=False, soft_wrap=True)
    return ended.status == "SUCCEEDED" and not left


def show_run(console: Console, run: "Run") -> None:
    """A run's ledger, a line a sink."""
    from omnichannel.ledger.tally import closes
    from sandbox.flow.activations import in_words

    table = _table(
        "sink", "in", "delivered", "withheld", "rejected", "dead letters", "adds up", title=f"Run {run.run}, scores of {run.as_of}"
    )
    for row in run.rows:
        counts = (
            f"{row['in']:,}",
            f"{row['delivered']:,}",
            in_words(row["withheld"]),
            in_words(row["rejected"]),
            f"{row['dead_lettered']:,}",
        )
        table.add_row(row["sink"], *counts, "yes" if closes(row) else "[red]no[/red]")
    console.print(table)


def _table(*columns: str, title: str = "") -> Table:
    return Table(*columns, box=None, padding=(0, 2, 0, 0), title=title or None, title_justify="left")
