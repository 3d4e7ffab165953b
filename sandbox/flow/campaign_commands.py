"""`omni campaigns`: what is said, for which goal, and how a message looks. `register` adds the commands."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from omnichannel.campaigns import check as checks
from omnichannel.campaigns import sms
from omnichannel.campaigns.messages import Message, Renderer
from omnichannel.campaigns.shelf import Products
from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.contracts.decisions import Decision
from omnichannel.identity.named import FORMS
from omnichannel.playbook.campaigns import AudienceKind, Campaign, Offer
from omnichannel.playbook.experiments import CONTROL
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.who import our_id

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Which = Annotated[str, typer.Argument(metavar="NAME", help="The campaign's name in playbook/campaigns.yaml.")]
Customer = Annotated[
    str,
    typer.Option("--customer", help=f"Write it for this customer ({FORMS}); else for somebody made up."),
]
OnChannel = Annotated[str, typer.Option("--channel", help="email, sms or push; left out: each that has a template.")]
Language = Annotated[str, typer.Option("--language", help="Of the made-up customer.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""
RENEWS_AT = "2030-03-01T23:30:00+00:00"
SOMEBODY = {"customer_id": "c_preview", "aggregates": {"renews_at": RENEWS_AT}}


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""
    group = typer.Typer(no_args_is_help=True, help="What is said to customers, and what for.")
    app.add_typer(group, name="campaigns")

    @group.command("list")
    def list_(as_json: AsJson = False) -> None:
        """Every campaign with its goal, after checking that all files of the playbook fit together."""
        checked, renderer = checks.check(), Renderer()
        rows = [facts(each, renderer) for each in renderer.campaigns.values()]
        if as_json:
            console.print_json(json.dumps(rows))
            return
        names = ("name", "goal", "kpi", "window_days", "audience", "owner")
        _rows(console, names, ([str(row[name]) for name in names] for row in rows))
        console.print(f"{checked.campaigns} campaigns, {checked.actions} actions, {checked.templates} templates: all fit together")

    @group.command()
    def show(name_of: Which, as_json: AsJson = False) -> None:
        """One campaign: goal, measure, control group, subgroups with offers, actions and templates."""
        renderer = Renderer()
        found = facts(_campaign(renderer, name_of), renderer)
        if as_json:
            console.print_json(json.dumps(found))
            return
        for key, value in found.items():
            console.print(f"{key}: {_line(value)}", markup=False, highlight=False, soft_wrap=True)

    @group.command()
    def preview(
        name_of: Which,
        customer: Customer = "",
        channel: OnChannel = "",
        language: Language = "",
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """The campaign's messages as they would be sent now; for a real customer with live prices and stock."""
        item, products, items = _real(open_cloud(name, environment), customer) if customer else _made_up(language)
        renderer = Renderer(products=products)
        for title, message, size in previews(renderer, _campaign(renderer, name_of), channel, item, items):
            console.rule(title)
            said = f"subject: {message.subject}\n\n{message.body}" if message.subject else message.body
            console.print(said, markup=False, highlight=False, soft_wrap=True)
            console.print(f"fallbacks: {', '.join(message.fallbacks) or 'none'}; {size}", markup=False)


def facts(campaign: Campaign, renderer: Renderer) -> dict[str, Any]:
    """What there is to say of a campaign, as plain values."""
    plan = renderer.experiments.of_campaign(campaign.name)
    split = campaign.shares or {arm: share for arm, share in plan.arms.items() if arm in campaign.subgroups}
    actions = [each for each in checks.said() if each.campaign == campaign.name]
    return {
        "name": campaign.name,
        "goal": campaign.goal.value,
        "kpi": campaign.kpi.value,
        "window_days": campaign.window_days,
        "owner": campaign.owner,
        "audience": campaign.audience.value,
        "control": plan.arms.get(CONTROL, 0.0),
        "experiment": plan.name,
        "subgroups": {name: {"share": share, "offer": offer_words(campaign.offer_for(name))} for name, share in split.items()},
        "offer": offer_words(campaign.offer),
        "actions": {each.action: f"{each.message}.{each.channel}" for each in actions},
        "list": campaign.display.value if campaign.display else "",
    }


def offer_words(offer: Offer | None) -> str:
    """`10%`, `5 EUR`, nothing."""
    if offer is None:
        return ""
    return f"{offer.percent:g}%" if offer.percent else f"{offer.amount:g} {offer.currency}"


def previews(
    renderer: Renderer, campaign: Campaign, channel: str, item: Mapping[str, Any], items: Iterable[str]
) -> Iterable[tuple[str, Message, str]]:
    """A title, the message and its size, for each template of the campaign's actions, channel and subgroup."""
    if campaign.audience is not AudienceKind.MESSAGING:
        raise SandboxError("previewing", f"{campaign.name} says nothing to customers: its audience is {campaign.audience}")
    wanted = sorted({each.message for each in checks.said() if each.campaign == campaign.name})
    keys = sorted({(key.message, key.channel) for key in renderer.texts if key.message in wanted and channel in ("", key.channel)})
    if not keys:
        raise SandboxError("previewing", f"{campaign.name} has no template for {channel!r}", hint="--channel email, sms or push")
    for template, on in keys:
        for group, customer_id in _groups(renderer, campaign, str(item["customer_id"])):
            at = datetime.now(UTC).isoformat()
            decision = Decision(customer_id=customer_id, at=at, campaign=campaign.name, channel=on, items=tuple(items))
            message = renderer.render(template, on, decision, item)
            yield f"{template} by {on}{group and f', {group}'}", message, _size(on, message)


def _groups(renderer: Renderer, campaign: Campaign, customer_id: str) -> Iterator[tuple[str, str]]:
    """A real customer's own subgroup; of each subgroup somebody made up."""
    if customer_id != SOMEBODY["customer_id"] or not campaign.subgroups:
        yield subgroup_of(campaign, renderer.experiments, customer_id), customer_id
        return
    anybody = ((subgroup_of(campaign, renderer.experiments, each), each) for each in (f"{customer_id}-{n}" for n in range(10_000)))
    found: dict[str, str] = {}
    for group, each in anybody:
        found.setdefault(group, each)
        if all(name in found for name in campaign.subgroups):
            break
    yield from ((group, found[group]) for group in campaign.subgroups if group in found)


def _size(channel: str, message: Message) -> str:
    if channel != "sms":
        return f"{len(message.body)} characters"
    found = sms.size(message.body)
    return f"{len(message.body)} of {sms.MOST_CHARACTERS} characters, {found.segments} × {found.encoding} ({found.units} units)"


def _campaign(renderer: Renderer, name: str) -> Campaign:
    found = renderer.campaigns.get(name)
    if found is None:
        raise SandboxError("finding the campaign", f"there is no campaign {name!r}", hint=f"one of {', '.join(renderer.campaigns)}")
    return found


def _made_up(language: str) -> tuple[dict[str, Any], Products, list[str]]:
    profile = {"first_name": "Ada", "language": language or "en", "timezone": "Europe/Berlin"}
    shelf = {
        f"P{n:05d}": {"name": name, "price": price, "currency": "EUR", "active": True, "stock": stock}
        for n, (name, price, stock) in enumerate((("Blue Cup", "12.90", 3), ("Sold Out Pot", "39.00", 0), ("Tea Tin", "1249.00", 9)))
    }
    return {**SOMEBODY, "profile": profile}, lambda ids: {each: shelf[each] for each in ids if each in shelf}, list(shelf)


def _real(cloud: Cloud, who: str) -> tuple[dict[str, Any], Products, list[str]]:
    from omnichannel.aws.dynamodb import batch_get
    from omnichannel.aws.products import catalog, popular

    dynamodb, deployment = cloud.client("dynamodb"), cloud.deployment
    found = next(batch_get(dynamodb, deployment.customers_table, [{"customer_id": our_id(cloud, who)}]), {})
    items = (found.get("recommended") or {}).get("items") or popular(dynamodb, deployment.products_table)
    return found, catalog(dynamodb, deployment.products_table), [str(each) for each in items][:20]


def _line(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_line(each)}".strip() for name, each in value.items()) or "none"
    return str(value) or "none"


def _rows(console: Console, names: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(*(Column(name, overflow="fold") for name in names))
    for row in rows:
        table.add_row(*row)
    console.print(table)
