"""Who a run's campaigns speak to, as a list each: for people and tools that work beside the messages, with the products to recommend.

A list has the retailer's own reference, by which their tools know people, and no address: whoever sends, sends through the messaging
channel with its gates.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from omnichannel.activation import parts
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.suppression import ATTRIBUTE, suppressed
from omnichannel.aws import dynamodb as tables
from omnichannel.campaigns.lists import Lists
from omnichannel.campaigns.shelf import Products, Shelf
from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.campaigns.tokens import Tokens
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import Purpose
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.reasons import Reason
from omnichannel.experiments.holdout import Holdout
from omnichannel.playbook.campaigns import AudienceKind, Campaign
from omnichannel.playbook.experiments import ExperimentsPlaybook

LOT = 1_000
"""Customers whose consents, and the products recommended to them, are read at a time."""
_LEADING = ("customer_id", "customer_ref", "subgroup", "action", "channel", "not_before")
_FORMULA = tuple("=+-@\t\r")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for a run: its campaigns, who hears nothing, and the consent that each channel needs."""

    campaigns: Mapping[str, Campaign]
    experiments: ExperimentsPlaybook
    tokens: Tokens
    holdout: Holdout
    purposes: Mapping[str, str] = field(default_factory=dict)

    def speaking(self) -> list[Campaign]:
        """The campaigns with messages."""
        return [each for each in self.campaigns.values() if each.audience is AudienceKind.MESSAGING]


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where the run lies, and where consents and products are read at this moment."""

    s3: Any = field(repr=False)
    bucket: str
    dynamodb: Any = field(repr=False)
    customers_table: str
    products: Products = field(repr=False)


def write(store: Store, rules: Rules, run: str, as_of: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """A list for every campaign with messages, of the decided parts under those keys; gives by campaign what a manifest says of it.

    `listed` and `withheld` (by reason) add up to those whom the run decided to speak to for the campaign; `subgroups` to `listed`.
    """
    counts = {campaign.name: _Counts() for campaign in rules.speaking()}
    with ExitStack() as stack:
        lists = stack.enter_context(Lists(store.s3, store.bucket, run, columns(rules.tokens), counts))
        for key in keys:
            members = parts.read(store.s3, store.bucket, Part(run=run, as_of=as_of, key=key))
            for lot in tables.batches(_spoken_to(members, counts), LOT):
                for campaign, row in _rows(lot, store, rules, counts):
                    lists.add(campaign, row)
    return {name: each.told() for name, each in counts.items()}


def columns(tokens: Tokens) -> tuple[str, ...]:
    """Of a list, with as many products as a message shows."""
    items = (f"item_{n}{part}" for n in range(1, tokens.items_shown + 1) for part in ("", "_name", "_price", "_url"))
    return (*_LEADING, *items)


@dataclass
class _Counts:
    """Of one campaign."""

    subgroups: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    listed: int = 0

    def told(self) -> dict[str, Any]:
        """As plain values; an audience that is not split has no subgroups."""
        subgroups = {name: count for name, count in sorted(self.subgroups.items()) if name}
        return {"listed": self.listed, "withheld": dict(sorted(self.withheld.items())), "subgroups": subgroups}


Chosen = tuple[Member, Decision]


def _spoken_to(members: Iterable[Member], campaigns: Mapping[str, object]) -> Iterator[Chosen]:
    for member in members:
        if member.decision and member.decision["action"] and member.decision["campaign"] in campaigns:
            yield member, Decision.of(member.decision)


def _rows(lot: Sequence[Chosen], store: Store, rules: Rules, counts: Mapping[str, _Counts]) -> Iterator[tuple[str, list[str]]]:
    reached = list(_reached(lot, store, rules, counts))
    shelf = Shelf.read(store.products, (each for _, decision in reached for each in decision.items), rules.tokens)
    for member, decision in reached:
        campaign, count = rules.campaigns[decision.campaign], counts[decision.campaign]
        subgroup = subgroup_of(campaign, rules.experiments, member.customer_id, decision.arms)
        count.subgroups[subgroup] += 1
        count.listed += 1
        leading = [member.customer_id, member.customer_ref, subgroup, decision.action, decision.channel, decision.not_before]
        yield decision.campaign, leading + _items(decision, shelf, rules.tokens)


def _reached(lot: Sequence[Chosen], store: Store, rules: Rules, counts: Mapping[str, _Counts]) -> Iterator[Chosen]:
    """Those who may be spoken to at this moment; everybody else is counted as withheld, with the first reason."""
    heard = [chosen for chosen in lot if not rules.holdout.has(chosen[0].customer_id)]
    keys = ({"customer_id": member.customer_id} for member, _ in heard)
    found = tables.batch_get(store.dynamodb, store.customers_table, keys, ("customer_id", "consents", ATTRIBUTE))
    items = {item["customer_id"]: item for item in found}
    for member, decision in lot:
        reason = _reason(member, decision, items.get(member.customer_id), rules)
        if reason:
            counts[decision.campaign].withheld[reason.value] += 1
        else:
            yield member, decision


def _reason(member: Member, decision: Decision, item: Mapping[str, Any] | None, rules: Rules) -> Reason | None:
    if rules.holdout.has(member.customer_id):
        return Reason.HOLDOUT
    purpose = rules.purposes.get(decision.channel, Purpose.MARKETING.value)
    if item is None or not allows(item.get("consents") or {}, purpose, decision.channel):
        return Reason.NO_CONSENT
    return Reason.SUPPRESSED if suppressed(item, decision.channel) else None


def _items(decision: Decision, shelf: Shelf, tokens: Tokens) -> list[str]:
    """Products that can be bought now, in the playbook's own language; a name that a spreadsheet would compute is quoted."""
    shown = shelf.first(decision.items, tokens.languages[tokens.language])
    cells = [cell for item in shown for cell in (item.product_id, _told(item.name), item.price if item.priced else "", item.url)]
    return cells + [""] * (4 * tokens.items_shown - len(cells))


def _told(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
