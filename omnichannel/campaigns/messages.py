"""Messages as they are sent: a template, what is known of the customer, and products as they are in stock and priced now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from omnichannel.campaigns import templates, tokens, values
from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.campaigns.templates import Key, Text
from omnichannel.campaigns.tokens import Language, Token
from omnichannel.playbook import campaigns, experiments
from omnichannel.playbook.document import FOLDER

TIME_ZONE = "time_zone"
"""Among a message's fallbacks when a date is UTC's, because the customer's own zone is not known."""

Product = Mapping[str, Any]
Products = Callable[[Iterable[str]], Mapping[str, Product]]
"""Those of the products that exist, by id, as they are now (`omnichannel.aws.products.catalog`)."""


class UnknownTemplate(LookupError):
    """No template for a message on a channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """`subject` (an e-mail's, a push's title, else empty) is one line; `fallbacks` are the tokens that the customer has not.

    In `body`, `{{unsubscribe}}` is for the channel to replace by its own words; there are no other braces but the template's.
    """

    subject: str = field(repr=False)
    body: str = field(repr=False)
    fallbacks: tuple[str, ...] = ()

    def html(self) -> str:
        """The body for a channel that wants HTML: everything in it escaped, a line a line."""
        return "<p>" + escape(self.body).replace("\n\n", "</p>\n<p>").replace("\n", "<br>\n") + "</p>\n"


@dataclass(frozen=True, slots=True)
class Shown:
    """A product in a message."""

    name: str
    price: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One message: template and channel, the decision (as `Decision.to_dict` writes it), and the customer's item."""

    template: str
    channel: str
    decision: Mapping[str, Any] = field(repr=False)
    item: Mapping[str, Any] = field(repr=False)


class Renderer:
    """Writes messages by the playbook in a folder; raises `UnusablePlaybook` when it cannot be used.

    Templates are compiled once. `now` is the moment of writing, by default the present one.
    """

    def __init__(
        self, folder: Path = FOLDER, products: Products = lambda _: {}, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.tokens = tokens.load(folder)
        self.texts = templates.load(folder, self.tokens)
        self.campaigns = campaigns.load(folder)
        self.experiments = experiments.load(folder)
        self._products, self._now = products, now

    def render(self, template: str, channel: str, decision: Mapping[str, Any], item: Mapping[str, Any]) -> Message:
        """One message, with a product read of its own; raises `UnknownTemplate`."""
        return self.render_all([Ask(template=template, channel=channel, decision=decision, item=item)])[0]

    def render_all(self, asks: Sequence[Ask]) -> list[Message]:
        """A message each, in order, with one product read for all of them; raises `UnknownTemplate`."""
        wanted = dict.fromkeys(product_id for ask in asks for product_id in ask.decision.get("items", ()))
        found, now = self._products(wanted) if wanted else {}, self._now()
        shown: dict[tuple[str, str], Shown | None] = {}
        return [self._message(ask, found, shown, now) for ask in asks]

    def text(self, template: str, channel: str, language: str) -> tuple[Text, Language]:
        """The template in that language, else in the playbook's own, and how its language writes."""
        for each in (language[:2].lower(), self.tokens.language):
            text = self.texts.get(Key(template, channel, each))
            if text:
                return text, self.tokens.languages[each]
        raise UnknownTemplate(f"no template {template}.{channel}{templates.SUFFIX} in {templates.FOLDER}/ of the playbook")

    def _message(self, ask: Ask, found: Mapping[str, Product], shown: dict[tuple[str, str], Shown | None], now: datetime) -> Message:
        profile = ask.item.get("profile") or {}
        text, language = self.text(ask.template, ask.channel, str(profile.get("language") or ""))
        items = self._items(ask.decision.get("items", ()), found, shown, language) if Token.ITEMS in text.uses else []
        campaign = self.campaigns.get(str(ask.decision.get("campaign", "")))
        subgroup = subgroup_of(campaign, self.experiments, ask.decision) if campaign else ""
        zone = values.zone_of(str(profile.get("timezone") or ""))
        renews_at = str((ask.item.get("aggregates") or {}).get("renews_at") or "")
        known = {
            Token.FIRST_NAME: values.first_name(str(profile.get("first_name") or "")),
            Token.OFFER: values.offered(campaign.offer_for(subgroup) if campaign else None, self.tokens, language),
            Token.RENEWAL_DATE: values.local_date(renews_at, zone, language, after=now),
        }
        missing = [token.value for token, value in known.items() if not value and token in text.uses]
        missing += [Token.ITEMS.value] if Token.ITEMS in text.uses and not items else []
        missing += [Token.PRICE.value] if any(item.price == language.fallbacks[Token.PRICE] for item in items) else []
        undated = Token.RENEWAL_DATE in text.uses and known[Token.RENEWAL_DATE] and zone is None
        context = {token.value: value or language.fallbacks[token] for token, value in known.items()}
        context |= templates.surroundings(ask.channel, language, self.tokens) | {Token.ITEMS.value: items, "subgroup": subgroup}
        return Message(
            subject=" ".join(text.subject.render(context).split()) if text.subject else "",
            body=text.body.render(context).strip(),
            fallbacks=tuple(sorted(missing)) + ((TIME_ZONE,) if undated else ()),
        )

    def _items(
        self, product_ids: Sequence[str], found: Mapping[str, Product], shown: dict[tuple[str, str], Shown | None], language: Language
    ) -> list[Shown]:
        """The first that can be bought now; one that cannot gives way to the next."""
        items: list[Shown] = []
        for product_id in product_ids:
            key = product_id, language.name
            if key not in shown:
                shown[key] = self._shown(product_id, found.get(product_id), language)
            item = shown[key]
            if item and item not in items:
                items.append(item)
                if len(items) == self.tokens.items_shown:
                    break
        return items

    def _shown(self, product_id: str, product: Product | None, language: Language) -> Shown | None:
        if not product or not sellable(product):
            return None
        name = values.plain(str(product.get("name") or ""), values.LONGEST_PRODUCT)
        url = values.product_url(product_id, self.tokens)
        price = values.price(product.get("price"), product.get("currency"), self.tokens, language)
        return Shown(name, price or language.fallbacks[Token.PRICE], url) if name and url else None


def sellable(product: Product) -> bool:
    """Whether it can be bought now; a shop that tells no stock levels at all has everything."""
    return bool(product.get("active")) and (product.get("stock") is None or int(product["stock"]) > 0)
