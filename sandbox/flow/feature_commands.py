"""The command about features: what a customer is described by. `register` adds it to `omni`."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError

Feature = Annotated[str, typer.Argument(metavar="NAME", help="A feature, or a family of them; left out: lists all.")]
Open = Callable[[str, str], Cloud]
NEAR = 3


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the command to `omni`; it needs no running sandbox."""
    del open_cloud

    @app.command()
    def features(name: Feature = "") -> None:
        """What customers are described by: each feature's meaning, unit, owner, and the sign that is expected of it."""
        from pipelines.features import registered

        every = [f.to_dict() for f in registered()]
        found = [f for f in every if name in ("", f["name"], f["family"])]
        if not found:
            raise _unknown(name, every)
        if len(found) == 1:
            _describe(console, found[0])
        else:
            _list(console, found)


def _unknown(name: str, every: list[dict[str, Any]]) -> SandboxError:
    from difflib import get_close_matches

    names = [f["name"] for f in every]
    families = list(dict.fromkeys(f["family"] for f in every))
    near = get_close_matches(name, [*names, *families], n=NEAR) or families
    return SandboxError(
        "features", f"{name!r} is neither a feature nor a family of them", hint=", ".join(f"omni features {each}" for each in near[:NEAR])
    )


def _list(console: Console, found: list[dict[str, Any]]) -> None:
    table = Table(Column("feature", no_wrap=True), "meaning, and family, unit, what it drives and its owner", box=None)
    for f in found:
        facts = f"{f['family']}, {f['unit']}, {f['drives']} {f['expected']}, {f['owner']}"
        table.add_row(f["name"], f"{escape(f['meaning'])}\n[dim]{escape(facts)}[/dim]")
    console.print(table)


def _describe(console: Console, f: dict[str, Any]) -> None:
    from omnichannel.playbook import drivers
    from pipelines.features import registered

    console.print(f"[bold]{f['name']}[/bold] ({f['family']}, {f['unit']}): {f['meaning']}")
    console.print(f"owner {f['owner']}; drives {f['drives']} {f['expected']}; absent {'unknown' if f['absent'] is None else f['absent']}")
    for model, agreed in drivers.load([each.name for each in registered()]).items():
        for driver in agreed:
            if driver.feature == f["name"]:
                console.print(f"agreed driver of {model} {driver.expected} ({driver.owner}): {driver.reason}")
