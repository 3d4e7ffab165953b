"""The commands about scores that wait for approval: `omni scores list | review | approve | reject`. `register` adds them to `omni`."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="An activation run or one of its score runs, or how it begins; left out: what waits.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for good, without names of customers. Asked for when left out.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    scores = typer.Typer(no_args_is_help=True, help="Scores that wait for approval, and those that were decided.")
    app.add_typer(scores, name="scores")

    @scores.command(name="list")
    def list_(
        status: Annotated[str, typer.Option("--status", help="Only waiting, approved, rejected, expired or superseded.")] = "",
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """What waits, and what was decided by whom and why."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import review, review_tables

        review_tables.show_list(console, review.reviews(cloud, status))

    @scores.command(name="review")
    def review_(run: Run = "latest", name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """What changed since the last approved run: scores, bands, movers, groups, and what the tolerances say."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import review, review_tables

        review_tables.show(console, review.review(cloud, review.named(cloud, run)))

    @scores.command()
    def approve(
        run: Run = "latest", reason: Reason = "", name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT, yes: Yes = False
    ) -> None:
        """Let a waiting run be sent: says how many customers it is about, and asks."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import review, review_tables

        found = review.review(cloud, review.named(cloud, run))
        review_tables.show_checks(console, found)
        console.print(review_tables.sending(found), highlight=False)
        why = review.usable(reason or typer.prompt("Reason"))
        if not yes:
            typer.confirm(f"Approve run {found['run']} in {cloud.where}?", abort=True)
        review_tables.show_decided(console, review.approve(cloud, found, why))

    @scores.command()
    def reject(
        run: Run = "latest", reason: Reason = "", name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT, yes: Yes = False
    ) -> None:
        """Send nothing of a waiting run: its activation ends as Rejected, with your reason."""
        cloud = open_cloud(name, environment)
        from sandbox.flow import review, review_tables

        found = review.review(cloud, review.named(cloud, run))
        console.print(review_tables.sending(found), highlight=False)
        why = review.usable(reason or typer.prompt("Reason"))
        if not yes:
            typer.confirm(f"Reject run {found['run']} in {cloud.where}?", abort=True)
        review_tables.show_decided(console, review.reject(cloud, found, why))
