"""The command about models: which version is in use, how good it is, and its history. `register` adds it to `omni`."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from omnichannel.contracts.scores import Model
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud

if TYPE_CHECKING:
    from sandbox.flow.registry import Registered

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Which = Annotated[Model | None, typer.Argument(metavar="MODEL", help="churn or repurchase; left out: both, in short.")]
Version = Annotated[int | None, typer.Option("--version", help="A version of the registry; left out: the one in use.")]

Open = Callable[[str, str], Cloud]
DRIVERS = 10
MEASURES = ("roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "lift_at_10")


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the command to `omni`."""

    @app.command()
    def model(which: Which = None, version: Version = None, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """The model in use: its evaluation beside the simple rules and its predecessor, what drives it, and every version."""
        from sandbox.flow.registry import one_of, versions

        cloud = open_cloud(name, environment)
        for each in [which] if which else list(Model):
            found = versions(cloud, each)
            if which:
                shown = one_of(found, version)
                for part in details(each, shown):
                    console.print(part, highlight=False)
            console.print(history(each, found))


def details(model: Model, shown: "Registered") -> list[Table | str]:
    """Everything about one version, in the order of reading."""
    told = shown.evaluation
    if not told:
        return [f"[bold]{model} version {shown.number}[/bold], {shown.status}: it was registered without an evaluation"]
    published = f"{told['published']} is published" + ("" if told["published"] == "xgboost" else ": the simple rule won")
    lines = [
        f"[bold]{model} version {shown.number}[/bold], {shown.status}, as of {told['as_of']}: {published}",
        f"{told['population']:,} customers on later time, {told['observed']:.1%} positive, {told['predicted']:.1%} predicted",
        f"validation ({told['validation']['how']}): {difference(told)}",
        f"champion: {champion(told['champion'])}",
        "gate: passed" if told["gate"]["passed"] == "true" else f"gate: {told['gate']['refusal']}",
    ]
    return ["\n".join(lines), candidates(told), drivers(told), groups(told["groups"])]


def difference(told: Mapping[str, Any]) -> str:
    """XGBoost against the best baseline, on customers that neither saw."""
    found, best = told["validation"]["difference"], told["validation"]["best_baseline"]
    if found is None:
        return "there was no baseline to compare with"
    auc = found["roc_auc"]
    return f"xgboost - {best} = {auc['value']:+.4f} ROC-AUC, 95 % interval {auc['low']:+.4f} to {auc['high']:+.4f}"


def champion(told: Mapping[str, Any]) -> str:
    """The new version against the one that was in use, on the same customers."""
    found = told["difference"]
    if found is None:
        return str(told["said"])
    return f"this - champion = {found['value']:+.4f} ROC-AUC, 95 % interval {found['low']:+.4f} to {found['high']:+.4f}"


def candidates(told: Mapping[str, Any]) -> Table:
    """Every candidate's measures on the test window, with intervals under the published one's."""
    table = Table(Column("candidate", no_wrap=True), *(Column(m, justify="right", no_wrap=True) for m in MEASURES), box=None)
    for name, found in told["candidates"].items():
        style = "bold" if name == told["published"] else ""
        table.add_row(name, *(f"{found[m]:.4f}" for m in MEASURES), style=style)
        if style:
            table.add_row("  95 % interval", *("{:.3f}–{:.3f}".format(*found["intervals"][m]) for m in MEASURES))
    return table


def drivers(told: Mapping[str, Any]) -> Table:
    """What the scores lean on, and whether that is the direction that was agreed on."""
    expected = told["expected_drivers"]
    verdicts = {**dict.fromkeys(expected["agrees"], "as agreed"), **dict.fromkeys(expected["disagrees"], "[yellow]not as agreed[/yellow]")}
    table = Table(Column("driver", no_wrap=True), Column("share", justify="right"), "raises or lowers", "expected", box=None)
    words = {"+": "raises", "-": "lowers"}
    for each in told["curves"]["drivers"][:DRIVERS]:
        table.add_row(each["name"], f"{each['gain']:.1%}", words.get(each["direction"], "neither"), verdicts.get(each["name"], ""))
    return table


def groups(found: Sequence[Mapping[str, Any]]) -> Table | str:
    """Whether it holds in groups of customers."""
    if not found:
        return "no groups of customers to compare"
    table = Table(
        Column("group", no_wrap=True), *(Column(c, justify="right") for c in ("customers", "predicted", "observed", "ROC-AUC")), box=None
    )
    for each in found:
        auc = "too few" if each["roc_auc"] is None else "{:.3f} ({:.3f}–{:.3f})".format(each["roc_auc"], *each["interval"])
        cells = (f"{each['population']:,}", f"{each['predicted']:.1%}", f"{each['observed']:.1%}", auc)
        table.add_row(f"{each['kind']}: {each['name']}", *cells)
    return table


def history(model: Model, found: "Sequence[Registered]") -> Table:
    """A line a version, the newest first; the one in use is marked."""
    table = Table(Column(f"{model} version", no_wrap=True), "status", "as of", "published", Column("ROC-AUC", justify="right"), box=None)
    for column in ("log loss", "ECE"):
        table.add_column(column, justify="right")
    used = next((each.number for each in found if each.approved), None)
    for each in found:
        told = each.evaluation
        mark = f"{each.number} (in use)" if each.number == used else str(each.number)
        if told:
            numbers = (f"{told['roc_auc']:.4f}", f"{told['log_loss']:.4f}", f"{told['calibration_error']:.4f}")
            table.add_row(mark, each.status, told["as_of"], told["published"], *numbers)
        else:
            table.add_row(mark, each.status, "not evaluated")
    return table
