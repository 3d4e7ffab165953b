"""`omni experiment`: what can be read out, and the read-out of one with its picture. `register` adds it."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from omnichannel.experiments.result import Result
    from omnichannel.transform.lake import Lake

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Which = Annotated[str, typer.Argument(metavar="NAME", help="An experiment, <campaign>-control, or holdout; omni experiment list has them.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="What was known before that day; left out: now.")]
Out = Annotated[Path, typer.Option("--out", help="Where the report's files go.", file_okay=False)]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    group = typer.Typer(no_args_is_help=True, help="Experiments: who is left out, and what it changed.")
    app.add_typer(group, name="experiment")

    @group.command("list")
    def listed() -> None:
        """Every experiment of the playbook: its arms, what it measures, for how long, and the smallest difference that would matter."""
        console.print(plans())

    @group.command()
    def report(
        which: Which,
        as_of: AsOf = None,
        out: Out = Path("out/experiments"),
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
        days: Annotated[int | None, typer.Option(help="Outcomes of so many days, where the plan's window is not over yet.", min=1)] = None,
        as_json: Annotated[bool, typer.Option("--json", help="The result, whole.")] = False,
    ) -> None:
        """What an experiment changed, against those left out: conversion, order value, engagement, retention, each with its interval.

        Writes NAME.json, NAME.svg and NAME.md, a page to keep beside the playbook.
        """
        cloud = open_cloud(name, environment)  # first: pyarrow learns once, on import, whose certificates to trust
        from omnichannel.aws.iceberg import catalog
        from omnichannel.transform.lake import Lake

        with tempfile.TemporaryDirectory() as work:
            lake = Lake(catalog(), cloud.deployment.glue_database, Path(work), as_of=as_of or datetime.now(UTC))
            found = read_out(lake, which, days)
        page = written(found, out)
        if as_json:
            console.print_json(json.dumps(found.to_dict()))
            return
        show(console, found)
        console.print(f"Page with its picture: {page}", highlight=False, soft_wrap=True)

    @group.command()
    def simulate(
        out: Annotated[Path, typer.Option("--out", help="A new or empty folder for the landing files; effects.json goes beside it.")],
        days: Annotated[int, typer.Option(help="How many days are played, from the date of the scores on.", min=1)] = 14,
        effect: Annotated[
            float, typer.Option(help="Of those whom a message reached, the share that buys because of it.", min=0, max=1)
        ] = 0.1,
        basket: Annotated[float, typer.Option(help="What an order is worth on average.", min=1)] = 60.0,
        seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 7,
        run: Annotated[str, typer.Option(help="The activation run; left out: the newest.")] = "",
        name: Name = "default",
    ) -> None:
        """Play a generated shop on after an activation, with an effect that is known: land it with omni load, then read it out."""
        cloud = open_cloud(name, SANDBOX_ENVIRONMENT)  # first: pyarrow learns once, on import, whose certificates to trust
        from omnichannel.playbook.actions import playbook
        from sandbox.flow.aftermath import newest_run, play

        which = run or newest_run(cloud)
        told = play(cloud, which, out, days=days, effect=effect, basket=basket, currency=playbook().currency, seed=seed)
        console.print(
            f"{days} days after run {which}: {told.orders:,} orders, {told.caused:,} of them made by messages; {told.files} files in {out}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip


def plans() -> Table:
    """The playbook's experiments."""
    from omnichannel.experiments.exposures import names, plan_of
    from omnichannel.playbook.actions import playbook as whole

    table = Table("experiment", "campaign", "arms", "measures", Column("days", justify="right"), Column("matters from", justify="right"))
    playbook = whole()
    for name, campaign in names(playbook).items():
        plan = plan_of(playbook.experiments, name, campaign)
        arms = ", ".join(f"{arm} {share:.0%}" for arm, share in plan.arms.items())
        table.add_row(name, campaign or "(all)", arms, plan.metric, str(plan.window_days), f"{plan.minimum_effect:g}")
    return table


def read_out(lake: "Lake", which: str, days: int | None = None) -> "Result":
    """The experiment of that name as the lake has it, within its window or so many days. Raises `SandboxError` that lists the names."""
    from omnichannel.experiments import exposures, measure, result
    from omnichannel.playbook.actions import playbook as whole

    playbook = whole()
    known = exposures.names(playbook)
    if which not in known:
        raise SandboxError("finding the experiment", f"there is no {which!r}", hint=f"one of {', '.join(known)}")
    plan = exposures.plan_of(playbook.experiments, which, known[which])
    plan = replace(plan, window_days=days or plan.window_days)
    actions = [action.name for action in playbook.actions if action.campaign == known[which]]
    drawn = exposures.exposures(lake, which, actions, exposures.arm_now(playbook.experiments, known[which]))
    return result.read(plan, measure.arms(lake, drawn, window_days=plan.window_days, currency=playbook.currency))


def show(console: Console, found: "Result") -> None:
    """Prints the arms, then every reading, then what it comes to."""
    console.print(f"[bold]{found.plan.name}[/bold]: outcomes of {found.plan.window_days} days, against {found.plan.control}")
    console.print(arms_table(found))
    console.print(readings_table(found))
    for line in checks(found):
        console.print(line, highlight=False)
    console.print(f"[bold]{found.verdict}[/bold]", highlight=False)


def arms_table(found: "Result") -> Table:
    """Each arm: planned and drawn, and the plain counts."""
    right = [Column(name, justify="right") for name in ("planned", "drawn", "window over", "buyers", "orders", "money a customer")]
    table = Table("arm", *right)
    for name, share in found.plan.arms.items():
        arm = found.arms.get(name)
        counts = (arm.drawn, arm.customers, arm.buyers, arm.orders) if arm else (0, 0, 0, 0)
        money = f"{arm.order_value.value:.2f}" if arm and arm.customers else "-"
        table.add_row(name, f"{share:.0%}", *(f"{count:,}" for count in counts), money)
    return table


def readings_table(found: "Result") -> Table:
    """Each metric: every arm, and what control had; a dash where there is too little to say."""
    right = [Column(name, justify="right", no_wrap=True) for name in ("value", "difference", "lift %", "p")]
    table = Table(Column("metric, arm", no_wrap=True), *right)
    for metric in dict.fromkeys(r.metric for r in found.readings):
        points, mark = (1, "{:.2f}") if metric == "order_value" else (100, "{:.1f} %")
        readings = found.of(metric)
        table.add_row(f"{metric.replace('_', ' ')}, {found.plan.control}", _number(points * readings[0].control, mark), "", "", "")
        for r in readings:
            d, signed = r.difference, "{:+.2f}" if points == 1 else "{:+.1f}"
            difference = _interval(points * d.value, points * d.low, points * d.high, signed)
            lift = _interval(100 * d.lift, 100 * d.lift_low, 100 * d.lift_high, "{:+.0f}")
            table.add_row(f"  {r.arm}", _number(points * r.value, mark), difference, lift, _number(r.p, "{:.3f}"))
    return table


def checks(found: "Result") -> list[str]:
    """What to know before believing a number."""
    ratio = f"Sample ratio: p = {found.sample_ratio:.3f}, " + ("as planned" if found.trusted else "NOT as planned")
    if found.needed is None:
        return [ratio]
    return [
        ratio,
        f"The plan's effect asks for {found.needed:,} customers in the largest arm; these can show one of {found.smallest_effect:.1%}",
    ]


def written(found: "Result", out: Path) -> Path:
    """Writes the result as JSON, picture and page; returns the page."""
    from sandbox.report.experiments import picture

    out.mkdir(parents=True, exist_ok=True)
    told: Mapping[str, Any] = found.to_dict()
    (out / f"{found.plan.name}.json").write_text(json.dumps(told, indent=2) + "\n")
    (out / f"{found.plan.name}.svg").write_text(picture(told))
    page = out / f"{found.plan.name}.md"
    page.write_text(_page(found))
    return page


def _page(found: "Result") -> str:
    head = f"# {found.plan.name}\n\n{found.verdict[:1].upper()}{found.verdict[1:]}.\n\n![lift over control]({found.plan.name}.svg)\n"
    return head + "\n".join(["", _markdown(arms_table(found)), "", _markdown(readings_table(found)), "", *checks(found), ""])


def _markdown(table: Table) -> str:
    headers = [str(column.header) for column in table.columns]
    rows = zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    return "\n".join("| " + " | ".join(row) + " |" for row in [headers, ["---"] * len(headers), *rows])


def _number(value: float, how: str) -> str:
    return how.format(value) if isfinite(value) else "-"


def _interval(value: float, low: float, high: float, how: str) -> str:
    if not isfinite(value):
        return "-"
    return how.format(value) + (f" [{how.format(low)}, {how.format(high)}]" if isfinite(low) and isfinite(high) else "")
