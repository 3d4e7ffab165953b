"""The commands about what is in the lake: sources, quality, query, tags. `register` adds them to `omni`."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.progress import Steps

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Query = Annotated[str, typer.Argument(metavar="NAME", help="A file of queries/ without its ending; left out: lists them.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="What the query takes for now.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""

REFUSED = ".refused."
"""In the names of results that only count what onboarding refused."""

STATES = {"ok": "green", "late": "yellow", "silent": "red"}
CHECK_SECONDS = 900.0


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""

    @app.command()
    def sources(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """The sources: who owns each, when it landed last, and whether it is late or silent."""
        from omnichannel.quality.landed import landed_contents
        from sandbox.flow.source_states import source_states

        cloud = open_cloud(name, environment)
        contents = landed_contents(cloud.client("dynamodb"), cloud.deployment.history_table)
        lines = map(_source_line, source_states(contents, datetime.now(UTC)))
        _rows(console, ("source", "owner", "every", "landed last", "files", "state", "basis"), lines)

    @app.command()
    def quality(
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
        last: Annotated[bool, typer.Option("--last", help="Show the newest check instead of making one.")] = False,
        every: Annotated[bool, typer.Option("--all", help="Every rule, not only those that are not met.")] = False,
    ) -> None:
        """Check the data quality rules over the lake and print what they found. Exit code 1 when a rule is not met."""
        from omnichannel.quality.report import newest

        cloud = open_cloud(name, environment)
        if not last:
            _check(cloud, Steps(console))
        results = newest(cloud.client("s3"), cloud.deployment.lake_bucket)
        if not results:
            raise SandboxError("reading the results", "nothing was checked yet", hint="omni quality, without --last")
        failed = [found for found in results if not found.passed]
        _show(console, results if every else failed, results)
        console.print(f"{len(results) - len(failed)} of {len(results)} rules are met, checked {results[0].at}")
        if failed:
            raise typer.Exit(1)

    @app.command()
    def query(
        query: Query = "",
        sql: Annotated[str, typer.Option("--sql", help="A query of your own, in Athena's dialect.")] = "",
        as_of: AsOf = None,
        name: Name = "default",
    ) -> None:
        """Ask the sandbox's lake, by a named query or SQL of your own.

        The SQL is Athena's, where the same queries are saved in the workgroup of the deployment. There is no Athena here: DuckDB answers,
        over the same tables under the same names, and sqlglot tells it the query in its dialect.
        """
        if not (query or sql):
            from omnichannel.quality.named_queries import named_queries
            from sandbox.flow.queries import QUERIES

            _rows(console, ("query", "answers"), ((found.name, found.meaning) for found in named_queries(QUERIES)))
            return
        if query and sql:
            raise SandboxError("reading the query", f"both {query!r} and --sql were given", hint="one of them")
        cloud = open_cloud(name, SANDBOX_ENVIRONMENT)  # first: pyarrow learns once, on import, whose certificates to trust
        answer = _answer(cloud, query, sql, as_of.replace(tzinfo=UTC) if as_of else None)
        _rows(console, answer.column_names, (row.values() for row in answer.to_pylist()))

    @app.command()
    def tags(environment: Environment) -> None:
        """Tag the columns of the trusted tables with what they show of a person (AWS, where lake_formation is on)."""
        from omnichannel.aws.lake_formation import tag_columns
        from omnichannel.onboarding.schema import TABLES

        if environment == SANDBOX_ENVIRONMENT:
            raise SandboxError("Tagging columns", "the sandbox has no Lake Formation", hint="--environment dev")
        cloud = open_cloud("", environment)
        with Steps(console).step("Tagging columns") as tell:
            tell(f"{tag_columns(cloud.client('lakeformation'), cloud.deployment.glue_database, TABLES):,} columns tagged")


def _show(console: Console, shown: list[Any], results: list[Any]) -> None:
    """Some of the results, and by reason how many rows onboarding refused."""
    if shown:
        _rows(console, ("rule", "checked", "failed", "value", "expected", "met"), map(_line, shown))
    refused: Counter[str] = Counter()
    for found in results:
        refused.update({found.column: found.failed} if REFUSED in found.rule else {})
    console.print("refused by onboarding: " + (", ".join(f"{n:,} {why}" for why, n in refused.most_common()) or "nothing"))


def _check(cloud: Cloud, steps: Steps) -> None:
    from sandbox.flow import executions

    states = cloud.client("stepfunctions")
    with steps.step("Checking data quality") as tell:
        arn = executions.start(states, cloud.deployment.quality_state_machine, {})
        output = executions.follow(states, arn, step="Checking data quality", seconds=CHECK_SECONDS).output
        tell(f"{output['rules']} rules, {len(output['failed'])} not met")


def _answer(cloud: Cloud, name: str, sql: str, as_of: datetime | None) -> Any:
    from omnichannel.aws.iceberg import catalog
    from omnichannel.contracts.catalog import Zone
    from sandbox.flow.queries import ask, lake_of, named

    deployment = cloud.deployment
    buckets = {Zone.LAKE: deployment.lake_bucket, Zone.QUARANTINE: deployment.quarantine_bucket}
    with tempfile.TemporaryDirectory() as work:
        lake = lake_of(catalog(), deployment.glue_database, Path(work), as_of or datetime.now(UTC))
        return ask(lake, cloud.client("s3"), buckets, sql or named(name), as_of)


def _source_line(found: Any) -> tuple[str, ...]:
    source, at = found.source, f"{found.landed_at:%Y-%m-%d %H:%M}" if found.landed_at else "never"
    state = f"[{STATES[found.state]}]{found.state}[/]"
    return (source.name, source.owner, f"{source.hours} h", at, str(found.files), state, source.basis)


def _line(found: Any) -> tuple[str, ...]:
    value = "" if found.value is None else f"{found.value:,.3f}"
    return (
        found.rule,
        f"{found.checked:,}",
        f"{found.failed:,}",
        value,
        f"{found.threshold:g}",
        "yes" if found.passed else "NO",
    )


def _rows(console: Console, names: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    first, *others = names
    table = Table(Column(first, no_wrap=True), *(Column(other, overflow="fold") for other in others))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)
