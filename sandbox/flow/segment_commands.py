"""`omni segments`: the newest customer segments, how their number was chosen, who moved, and the look-alikes. `register` adds it."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The segments of that day; left out: the newest.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""
MARKS = {"elbow": "elbow", "best_silhouette": "best silhouette", "k": "taken"}
SET_APART = 3


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the command to `omni`."""

    @app.command()
    def segments(
        as_of: AsOf = None,
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
        as_json: Annotated[bool, typer.Option("--json", help="The manifests of both runs, whole.")] = False,
    ) -> None:
        """Customer segments: sizes, what sets each apart, how many there are and why, who moved since the last run, and the look-alikes."""
        cloud = open_cloud(name, environment)
        day = as_of or datetime.now(UTC)
        found = newest(cloud, day)
        if as_json:
            console.print_json(json.dumps(found))
            return
        show(console, found["segments"], found["lookalikes"])


def newest(cloud: Cloud, day: datetime) -> dict[str, Any]:
    """The manifests `segments` and `lookalikes` (or None) of the newest runs that are not after the day."""
    from omnichannel.segments.runs import newest as newest_of
    from omnichannel.segments.runs import runs

    s3, bucket = cloud.client("s3"), cloud.deployment.lake_bucket
    found = newest_of(runs(s3, bucket), day.date())
    if found is None:
        raise SandboxError("reading the segments", f"no run of segments is as of {day.date()} or before", hint="omni score --as-of DAY")
    return {"segments": found.manifest(s3, bucket), "lookalikes": _lookalikes(s3, bucket, day)}


def facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a report says of `newest`: segments with sizes and names, the curve, the moves, the look-alikes' quality."""
    made, like = found["segments"], found["lookalikes"]
    names = [{"id": s["id"], "name": s["name"], "customers": made["sizes"].get(s["id"], 0)} for s in made["model"]["segments"]]
    kept = ("seed", "expansion", "consented", "quality", "empty")
    return {
        "segments": sorted(names, key=lambda each: -int(each["customers"])),
        "curve": made["choice"].get("curve", []),
        "taken": made["choice"].get("k"),
        "moves": made["moves"],
        "rfm": made["rfm"],
        "lifecycle": made["lifecycle"],
        "fallback": made["fallback"],
        "lookalikes": {name: like[name] for name in kept} if like else None,
    }


def show(console: Console, made: Mapping[str, Any], like: Mapping[str, Any] | None) -> None:
    """Prints both manifests."""
    console.print(f"Segments as of {made['as_of']}, {made['rows']:,} customers, found {made['fitted_as_of']} ({made['refitted']})")
    if made["fallback"]:
        console.print(f"[yellow]{made['fallback']['name']}[/yellow]: {made['fallback']['message']}")
    _rows(console, ("segment", "customers", "share", "name", "set apart by"), map(_segment(made), made["model"]["segments"]))
    if made["choice"].get("curve"):
        _rows(console, ("k", "inertia", "silhouette", ""), map(_point(made["choice"]), made["choice"]["curve"]))
    for word, counts in (("RFM", made["rfm"]), ("lifecycle", made["lifecycle"])):
        console.print(f"{word}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda e: -e[1])))
    console.print(_moved(made))
    console.print(_alike(like))


def _segment(made: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def line(segment: Mapping[str, Any]) -> tuple[str, ...]:
        size = made["sizes"].get(segment["id"], 0)
        apart = ", ".join(f"{d['feature']} {d['value']:,.4g} ({d['everybody']:,.4g})" for d in segment["because"][:SET_APART])
        return segment["id"], f"{size:,}", f"{size / max(made['rows'], 1):.0%}", segment["name"], apart

    return line


def _point(choice: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def line(point: Mapping[str, Any]) -> tuple[str, ...]:
        said = ", ".join(word for name, word in MARKS.items() if choice.get(name) == point["k"])
        return str(point["k"]), f"{point['inertia']:,.0f}", "" if point["silhouette"] is None else f"{point['silhouette']:.3f}", said

    return line


def _moved(made: Mapping[str, Any]) -> str:
    if not made["previous"]:
        return "No run before this one: nobody moved."
    moves = [f"{m['customers']:,} {m['from'] or 'new'} → {m['to'] or 'gone'}" for m in made["moves"]]
    return "Moved since the last run: " + (", ".join(moves) or "nobody")


def _alike(like: Mapping[str, Any] | None) -> str:
    if like is None:
        return "No look-alikes yet."
    if like["empty"]:
        return f"Look-alikes as of {like['as_of']}: nobody ({like['empty']['message']})"
    lift = like["quality"]["lift"]
    better = "unknown how much likelier to buy than others" if lift is None else f"{lift:.2f} times as likely to buy as others"
    agreed = f"{like['consented']:,} of {like['customers']:,} agreed to advertising"
    return f"Look-alikes as of {like['as_of']}: {like['seed']:,} of the seed, {like['expansion']:,} like them, {better}; {agreed}"


def _lookalikes(s3: Any, bucket: str, day: datetime) -> dict[str, Any] | None:
    from omnichannel.aws import s3 as objects
    from omnichannel.contracts import zones

    stored = [found for found in objects.objects(s3, bucket, f"{zones.LOOKALIKES}/") if found["Key"].endswith(f"/{zones.MANIFEST}")]
    dated = [(found["Key"].split("/")[1], found["LastModified"], found["Key"]) for found in stored]
    before = [found for found in dated if found[0] <= f"as_of={day.date()}"]
    manifest: dict[str, Any] | None = json.loads(objects.get(s3, bucket, max(before)[2])) if before else None
    return manifest


def _rows(console: Console, names: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    first, *others = names
    table = Table(Column(first, no_wrap=True), *(Column(other, overflow="fold") for other in others))
    for row in rows:
        table.add_row(*row)
    console.print(table)
