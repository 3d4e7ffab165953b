"""A review as a person reads it in a terminal: the verdict, each check, and per model how the scores lie, who moved, and the groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from omnichannel.review.checks import paired
from sandbox.flow.review import Review, verdict

STATUS = {"waiting": "yellow", "approved": "green", "rejected": "red", "expired": "red", "superseded": "dim"}
BLOCKS = " ▁▂▃▄▅▆▇█"


def show_list(console: Console, reviews: Sequence[Review]) -> None:
    """A line a run."""
    if not reviews:
        console.print("No score run has been reviewed yet.")
        return
    table = _table("run", "as of", "status", "outside", "customers", "decided by", "when", "why")
    for each in reviews:
        outside, customers = ", ".join(each["outside"]) or "·", f"{each['sending']['customers']:,}"
        said = (each.get("decided_by", ""), each.get("decided_at", "")[:16].replace("T", " "), escape(each.get("reason", "")))
        table.add_row(each["run"], each["as_of"], _coloured(each["status"]), outside, customers, *said)
    console.print(table)


def show(console: Console, found: Review) -> None:
    """The whole review."""
    show_checks(console, found)
    for model, said in found["report"]["models"].items():
        _show_model(console, model, said)
    console.print(sending(found), highlight=False)
    show_decided(console, found)


def show_checks(console: Console, found: Review) -> None:
    """Each check with its value and its tolerance."""
    table = _table("", "model", "what was looked at", "value", "tolerance")
    for check in found["report"]["checks"]:
        sign = "[green]within[/green]" if check["within"] else "[red]outside[/red]"
        numbers = (_number(check["name"], check["value"]), _number(check["name"], check["tolerance"]))
        table.add_row(sign, check["model"], escape(check["says"]), *numbers)
    _print(console, f"Run {found['run']}, scores as of {found['as_of']}: {verdict(found)}", table)


def sending(found: Review) -> str:
    """What an approval would send."""
    counted = found["sending"]
    return (
        f"To be sent: at most {counted['changed']:,} of {counted['customers']:,} customers, those whose score or band changed; "
        "only to whom consent allows it."
    )


def show_decided(console: Console, found: Review) -> None:
    """Where the review stands, and by whose word."""
    if found["status"] == "waiting":
        console.print(f"Waits for a person: omni scores approve {found['run']} --reason …, or reject", highlight=False, soft_wrap=True)
        return
    by = f" by {found['decided_by']}" if found.get("decided_by") else ""
    console.print(f"{_coloured(found['status'])}{by}: {escape(found.get('reason', ''))}", highlight=False, soft_wrap=True)


def _show_model(console: Console, model: str, said: Mapping[str, Any]) -> None:
    last = said.get("last")
    compared = f"against run {last['run']} as of {last['as_of']}" if last else "the first approved run is still to come"
    table = _table("", "now", "last run", "change")
    before = last["spread"] if last else None
    _row(table, "customers", said["spread"]["rows"], before["rows"] if before else None)
    for band in ("high", "medium", "low"):
        _shares(table, band, said["spread"], before)
    table.add_row("mean score", f"{said['spread']['mean']:.3f}", f"{before['mean']:.3f}" if before else "",
                  f"{said['spread']['mean'] - before['mean']:+.3f}" if before else "")  # fmt: skip
    table.add_row("scores 0 … 1", bars(said["spread"]["histogram"]), bars(before["histogram"]) if before else "")
    _print(console, f"{model}, run {said['run']} {compared}", table)
    if last:
        _show_movers(console, said["moved"])
        _show_groups(console, said["groups"], last["groups"])


def _show_movers(console: Console, moved: Mapping[str, Any]) -> None:
    table = _table("from -> to", "customers")
    for way, count in sorted(moved["movers"].items(), key=lambda each: -each[1]):
        table.add_row(way, f"{count:,}")
    counted = f"{moved['moved']:,} of {moved['both']:,} customers changed band; {moved['new']:,} new, {moved['gone']:,} gone"
    _print(console, counted, table)


def _show_groups(console: Console, now: Sequence[Mapping[str, Any]], last: Sequence[Mapping[str, Any]]) -> None:
    pairs = paired(now, last)
    if not pairs:
        return
    table = _table("group", "customers", "now", "last run", "change")
    for here, before in pairs:
        change = f"{here['mean_score'] - before['mean_score']:+.3f}"
        means = (f"{here['mean_score']:.3f}", f"{before['mean_score']:.3f}", change)
        table.add_row(f"{here['group']} {here['value']}", f"{here['customers']:,}", *means)
    _print(console, "Mean score by group", table)


def bars(counts: Sequence[int]) -> str:
    """A histogram in a line; whoever is there at all is seen."""
    most = max(counts, default=0)
    return "".join(BLOCKS[0 if not count else 1 + count * (len(BLOCKS) - 2) // most] for count in counts)


def _shares(table: Table, band: str, now: Mapping[str, Any], last: Mapping[str, Any] | None) -> None:
    here, before = _share(now, band), _share(last, band) if last else None
    change = f"{here - before:+.1%}" if before is not None else ""
    table.add_row(f"band {band}", f"{here:.1%}", f"{before:.1%}" if before is not None else "", change)


def _share(spread: Mapping[str, Any], band: str) -> float:
    return float(spread["bands"][band] / spread["rows"]) if spread["rows"] else 0.0


def _row(table: Table, what: str, now: int, last: int | None) -> None:
    table.add_row(what, f"{now:,}", "" if last is None else f"{last:,}", "" if last is None else f"{now - last:+,}")


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if name in ("population", "bands", "movers"):
        return f"{value:.1%}"
    return f"{value:,.0f}" if name in ("drift", "infinite", "model_age") else f"{value:.3f}"


def _coloured(status: str) -> str:
    return f"[{STATUS[status]}]{status}[/{STATUS[status]}]"


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, padding=(0, 2, 0, 0))


def _print(console: Console, title: str, table: Table) -> None:
    """Its title may be longer than a table is wide."""
    console.print(f"[bold]{title}[/bold]", highlight=False, soft_wrap=True)
    console.print(table)
