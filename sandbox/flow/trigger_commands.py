"""`omni triggers list | backtest RULE | show CUSTOMER`. `register` adds them to `omni`."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.triggers import UNITS, Trigger, Triggers, load
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.who import Who, our_id

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Rule = Annotated[str, typer.Argument(metavar="RULE", help="A rule of playbook/triggers.yaml.")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Entries from this day (UTC); left out: 28 days before --to.")
]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Entries before this day (UTC); left out: now.")]
Days = Annotated[int, typer.Option("--days", min=1, max=365, help="How long after entering orders count.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""
USUAL = timedelta(days=28)


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    group = typer.Typer(no_args_is_help=True, help="Live segments: the rules, who is in them, and what they would have done.")
    app.add_typer(group, name="triggers")

    @group.command("list")
    def list_() -> None:
        """The rules of the playbook in this checkout; the first mistake is told with its place and what would work."""
        rules = _triggers().rules.values()
        _rows(console, ("rule", "segment", "kind", "events", "when", "then"), map(_line, rules))

    @group.command()
    def backtest(
        rule: Rule, since: From = None, until: To = None, days: Days = 7,
        name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:  # fmt: skip
        """Replay a rule over the lake's events: who would have entered the segment, when, and what they bought next."""
        triggers = _triggers()
        found = tested(open_cloud(name, environment), _rule(triggers, rule), triggers, since, until, days)
        days_ = found.pop("by_day")
        _rows(console, ("", ""), ((what.replace("_", " "), value) for what, value in found.items()))
        _rows(console, ("day (UTC)", "entered"), days_.items())

    @group.command()
    def show(who: Who, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """The live segments that a customer is in, and what was decided last because of one."""
        item = shown(open_cloud(name, environment), who)
        spells = sorted((item.get("live_segments") or {}).items())
        if spells:
            _rows(console, ("segment", "since", "until"), ((segment, spell["since"], spell["until"]) for segment, spell in spells))
        else:
            console.print("in no live segment")
        action = item.get("next_action") or {}
        console.print(f"next action: {action.get('action') or 'none'}{', since ' + action['caused_at'] if action else ''}", markup=False)


def tested(
    cloud: Cloud, rule: Trigger, triggers: Triggers, since: datetime | None, until: datetime | None, days: int
) -> dict[str, Any]:  # fmt: skip
    """What a rule would have done, by name."""
    from omnichannel.aws.iceberg import catalog
    from omnichannel.realtime.windows.backtest import backtest
    from omnichannel.transform.lake import Lake

    now = datetime.now(UTC)
    end = until.replace(tzinfo=UTC) if until else now
    begin = since.replace(tzinfo=UTC) if since else end - USUAL
    if begin >= end:
        raise SandboxError("Replaying", f"--from {begin:%Y-%m-%d} is not before --to {end:%Y-%m-%d}", hint="turn them round")
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), cloud.deployment.glue_database, Path(work), as_of=now)
        try:
            found = backtest(lake, rule, triggers, begin, end, days)
        finally:
            lake.close()
    return {"rule": rule.name, "segment": rule.segment, "from": begin.isoformat(), "to": end.isoformat(), **asdict(found)}


def shown(cloud: Cloud, who: str) -> dict[str, Any]:
    """A customer's item; raises `SandboxError` for nobody."""
    from omnichannel.aws.dynamodb import batch_get

    key = {"customer_id": our_id(cloud, who)}
    return next(batch_get(cloud.client("dynamodb"), cloud.deployment.customers_table, [key]), {})


def _triggers() -> Triggers:
    try:
        return load()
    except UnusablePlaybook as wrong:
        raise SandboxError("Reading the playbook", str(wrong), hint="docs/triggers.md explains every word") from wrong


def _rule(triggers: Triggers, name: str) -> Trigger:
    if name not in triggers.rules:
        raise SandboxError("Replaying", f"{name!r} is no rule", hint=f"one of {', '.join(triggers.rules)}")
    return triggers.rules[name]


def _line(rule: Trigger) -> tuple[str, ...]:
    return rule.name, rule.segment, rule.kind.value, _some(rule.events), _when(rule), rule.then.value


def _when(rule: Trigger) -> str:
    if rule.window:
        return "while its window is open"
    least = f"{rule.at_least} " if rule.at_least > 1 else ""
    longer = f", stays {_length(rule.stays)}" if rule.stays else ""
    return f"{least}within {_length(rule.within)}{longer}"


def _length(micros: int) -> str:
    """As the playbook writes it, in the largest unit that is exact."""
    unit, size = next((unit, size) for unit, size in sorted(UNITS.items(), key=lambda each: -each[1]) if micros % size == 0)
    return f"{micros // size}{unit}"


def _some(events: tuple[str, ...]) -> str:
    return ", ".join(events) if len(events) <= 2 else f"{len(events)} kinds"


def _rows(console: Console, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    table = Table(*columns, box=None, show_header=any(columns))
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)
