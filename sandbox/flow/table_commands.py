"""The commands about trusted tables as files: tables, compact. `register` adds them to `omni`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.progress import Steps

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
TableName = Annotated[str, typer.Argument(metavar="TABLE", help="Such as orders_changes; left out: every table.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""

COMPACT_SECONDS = 900.0


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""

    @app.command()
    def tables(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """The trusted tables: rows, data files, size, and how many former states are kept."""
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from omnichannel.aws.iceberg import catalog
        from omnichannel.trusted.ask import states

        shown = Table("table", *(_right(title) for title in ("rows", "files", "MB", "snapshots")))
        for found in states(catalog(), cloud.deployment.glue_database):
            shown.add_row(found.table, f"{found.rows:,}", f"{found.files:,}", f"{found.bytes / 1e6:,.1f}", f"{found.snapshots:,}")
        console.print(shown)

    @app.command()
    def compact(table: TableName = "", name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Make few data files of many small ones, behind whatever the committer has to do for the table; the rows stay the same."""
        cloud = open_cloud(name, environment)
        from omnichannel.onboarding.schema import TABLES

        if table and table not in TABLES:
            raise SandboxError("Compacting", f"{table} is no trusted table", hint=f"one of {', '.join(sorted(TABLES))}")
        with Steps(console).step("Compacting") as tell:
            answers = _compact(cloud, [table] if table else sorted(TABLES), tell)
            changed = {a["table"]: f"{a['rows']:,} rows of {a['files']} files" for a in answers if a["files"]}
            tell(", ".join(f"{each}: {what}" for each, what in changed.items()) or "no table has enough small files")


def _right(title: str) -> Any:
    from rich.table import Column

    return Column(title, justify="right")


def _compact(cloud: Cloud, tables: list[str], tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Asks, and waits until every request is answered."""
    from omnichannel.contracts.trusted import Compact
    from omnichannel.trusted.ask import answer_of, send
    from sandbox.flow.waiting import until

    asked = [Compact.of(f"asked-{datetime.now(UTC):%Y%m%dT%H%M%S%f}", table) for table in tables]
    for request in asked:
        send(cloud.client("sqs"), cloud.deployment.commit_queue, request)
    answers = until(
        lambda: [answer_of(cloud.client("s3"), cloud.deployment.lake_bucket, request) for request in asked],
        lambda found: all(found),
        step="Compacting",
        seconds=COMPACT_SECONDS,
        describe=lambda found: f"{sum(map(bool, found))} of {len(found)} tables are done",
        tell=lambda found: tell(f"{sum(map(bool, found))} of {len(found)} tables"),
        hint="omni logs commit_files",
    )
    return [answer for answer in answers if answer]
