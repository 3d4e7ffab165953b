"""The commands about who is who: `omni identity` and `omni explain customer`. `register` adds them to `omni`."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.who import Who

if TYPE_CHECKING:
    from omnichannel.identity.explain import Explanation, Step
    from omnichannel.transform.lake import Lake

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""
SHOWN = 40
"""Sightings with others that are listed; somebody's tablet may have met hundreds."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    explained = typer.Typer(no_args_is_help=True, help="Say why something is as it is.")
    app.add_typer(explained, name="explain")

    @app.command()
    def identity(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Resolve what the lake has seen, without storing it: customers, identifiers, refusals, and what the next rebuild changes."""
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from omnichannel.aws.iceberg import catalog
        from omnichannel.identity.resolve import resolve
        from omnichannel.identity.store import links_of

        with _sightings(cloud) as (lake, source):
            before = links_of(catalog(), cloud.deployment.glue_database)
            show_report(console, resolve(lake.batches(source), before, at=lake.as_of).report)

    @explained.command()
    def customer(who: Who, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Why a customer is one: identifiers, the sightings that join them, merges and splits, and who was not joined.

        An address is hashed at once and not repeated.
        """
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from omnichannel.aws.iceberg import catalog
        from omnichannel.identity.explain import UnknownCustomer, explain
        from omnichannel.identity.store import events_of, links_of

        database = cloud.deployment.glue_database
        with _sightings(cloud) as (lake, _):
            try:
                told = explain(lake.connection, links_of(catalog(), database), events_of(catalog(), database), who)
            except UnknownCustomer as unknown:
                raise SandboxError("looking for the customer", str(unknown), hint="omni run, if the view was never built") from unknown
        show_explanation(console, told)


@contextmanager
def _sightings(cloud: Cloud) -> Iterator[tuple["Lake", str]]:
    """A lake with everything that was seen, and the name of that table."""
    from omnichannel.aws.iceberg import catalog
    from omnichannel.contracts.identity import SIGHTINGS
    from omnichannel.transform.lake import Lake

    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), cloud.deployment.glue_database, Path(work), as_of=datetime.now(UTC))
        lake.build(SIGHTINGS)
        yield lake, SIGHTINGS


def show_report(console: Console, report: dict[str, Any]) -> None:
    """The counts of a resolution as tables."""
    changes = ", ".join(f"{report[kind]:,} {kind}" for kind in ("minted", "merged", "split", "moved", "ended") if report[kind])
    console.print(f"{report['customers']:,} customers, {report['visitors']:,} visitors without a name")
    console.print(f"the next rebuild changes: {changes or 'nothing'}")
    _rows(
        console,
        ("identifiers", "linked", "of nobody", "shared"),
        ((kind, n["linked"], n["unlinked"], n["shared"]) for kind, n in report["identifiers"].items()),
    )
    _rows(console, ("identifiers a customer", "customers"), report["sizes"].items())
    _rows(console, ("refused because", "times"), report["refusals"].items())


def show_explanation(console: Console, told: "Explanation") -> None:
    """One customer's story."""
    console.print(f"[bold]{told.customer_id}[/bold], found by {told.asked_by}")
    if told.merged:
        console.print(f"also was: {', '.join(told.merged)}")
    _rows(
        console,
        ("identifier", "value", "since", "until"),
        ((i.id_type, i.shown, _day(i.since), _day(i.until) if i.until else "holds") for i in told.identifiers),
    )
    _rows(console, ("joined because seen together", "", "first", "last", "times", "by"), map(_line, told.joins))
    if told.others:
        console.print(f"and {told.others} more pairs of the same identifiers")
    _rows(console, ("not joined, though seen together", "", "first", "last", "times", "by"), map(_line, told.apart[:SHOWN]))
    if len(told.apart) > SHOWN:
        console.print(f"and {len(told.apart) - SHOWN} more")
    _rows(
        console,
        ("what happened", "when found", "to", "and", "by", "rule"),
        (
            (e["kind"], _day(e["at"]), *(e[name] or "" for name in ("customer_id", "other_customer_id", "id_type", "rule")))
            for e in told.events
        ),
    )


def _line(step: "Step") -> tuple[object, ...]:
    return (step.left, step.right, _day(step.first_seen), _day(step.last_seen), step.seen, ", ".join(step.sources))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _rows(console: Console, names: tuple[str, ...], rows: Any) -> None:
    """A table, unless it has no rows."""
    table = Table(*names, box=None, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    if table.row_count:
        console.print()
        console.print(table)
