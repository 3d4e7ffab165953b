"""`omni decide CUSTOMER` and `omni playbook check`. `register` adds them to `omni`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from omnichannel.campaigns import check as campaigns
from omnichannel.decisions.answer import answer, explained
from omnichannel.decisions.decide import decide
from omnichannel.decisions.gather import Known
from omnichannel.decisions.question import Question, Unanswerable
from omnichannel.decisions.store import Store
from omnichannel.playbook import actions, audiences, live, personalize, promotions, segments
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.document import UnusablePlaybook
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.who import Who, our_id

GROUP = "playbook"

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
At = Annotated[str, typer.Option("--at", help="As if it were then, such as 2026-11-18T11:00+01:00; left out: now.")]
After = Annotated[str, typer.Option("--after", help="The live event that it reacts to, such as 'Order Completed'.")]
Batch = Annotated[bool, typer.Option("--batch", help="As a nightly run decides: what is closed now may wait until it opens.")]
Explain = Annotated[bool, typer.Option("--explain", help="Also why, what came next, and why not the others.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands; the group `playbook` is made when `omni` has none."""
    group = next((found.typer_instance for found in app.registered_groups if found.name == GROUP), None)
    if group is None:
        group = typer.Typer(no_args_is_help=True, help="The marketing team's files.")
        app.add_typer(group, name=GROUP)

    @app.command("decide")
    def decide_(
        who: Who, at: At = "", after: After = "", batch: Batch = False, explain: Explain = False,
        name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:  # fmt: skip
        """One customer's next best action by the playbook in this checkout, from what the cloud knows of the customer, as JSON."""
        found = decided(open_cloud(name, environment), who, moment(at), event=after, live=not batch)
        console.print_json(json.dumps(found if explain else found["decision"]))

    @group.command()
    def check() -> None:
        """Read every file of the playbook as a deployment does; the first mistake is told with its place and what would work."""
        console.print(checked(), markup=False, highlight=False, soft_wrap=True)


def decided(cloud: Cloud, who: str, at: datetime, *, event: str = "", live: bool = True) -> dict[str, Any]:
    """`decision` and `explanation`; raises `SandboxError` for nobody."""
    names, rules = cloud.deployment, _playbook()
    tables = {"customers_table": names.customers_table, "products_table": names.products_table, "sent_table": names.sent_table}
    store = Store(dynamodb=cloud.client("dynamodb"), **tables)
    asked = {"customer_id": our_id(cloud, who), **({"context": {"event": event}} if event else {}), "limit": 20}
    try:
        question = Question.of({"body": json.dumps(asked)})
        return answer(question, store, rules, at) if live else _as_a_run(question, store, rules, at)
    except Unanswerable as unanswerable:
        raise SandboxError("Deciding", str(unanswerable), hint="omni customer CUSTOMER says what is known") from unanswerable


def _as_a_run(question: Question, store: Store, rules: Playbook, at: datetime) -> dict[str, Any]:
    item = store.named(question.key)
    if item is None:
        raise Unanswerable(404, "Unknown customer", "nobody is known by this")
    found = decide(store.columns(store.with_contacts([Known(item=item, event=question.event)]), rules), rules, at)
    return {"decision": found.decision(0).to_dict(), "explanation": explained(found.decision(0), found.ranking(0), rules)}


def moment(text: str) -> datetime:
    """An aware time; raises `SandboxError`."""
    try:
        at = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError as unusable:
        raise SandboxError("Deciding", f"--at {text} is no time", hint="such as 2026-11-18T11:00+01:00") from unusable
    if at.tzinfo is None:
        raise SandboxError("Deciding", f"--at {text} says no time zone", hint=f"such as {text}+01:00, or {text}Z")
    return at


def checked() -> str:
    """What the playbook holds, in a line; raises `SandboxError`."""
    rules = _playbook()
    try:
        found = campaigns.check()
        segments.load()
        audiences.load()
        promotions.load()
        personalize.load()
        triggers = live.check(rules)
    except UnusablePlaybook as wrong:
        raise _broken(wrong) from wrong
    tried = len(rules.experiments.experiments)
    return (
        f"{found.actions} actions of {found.campaigns} campaigns in {found.templates} templates, {tried} experiments, "
        f"{len(triggers.rules)} triggers, {rules.experiments.holdout_share:.0%} held out: playbook {rules.digest} fits together"
    )


def _playbook() -> Playbook:
    try:
        return actions.load()
    except UnusablePlaybook as wrong:
        raise _broken(wrong) from wrong


def _broken(wrong: UnusablePlaybook) -> SandboxError:
    return SandboxError("Reading the playbook", str(wrong), hint="docs/decisions.md and docs/campaigns.md explain every word")
