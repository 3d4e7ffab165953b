"""Messages as they are sent: a template, what is known of the customer, and products as they are in stock and priced now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from omnichannel.campaigns import templates, tokens, values
from omnichannel.campaigns.shelf import Products, Shelf
from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.campaigns.templates import Key, Text
from omnichannel.campaigns.tokens import Language, Token
from omnichannel.contracts.decisions import Decision
from omnichannel.playbook import campaigns, experiments
from omnichannel.playbook.document import FOLDER

TIME_ZONE = "time_zone"
"""Among a message's fallbacks when a date is UTC's, because the customer's own zone is not known."""


class UnknownTemplate(LookupError):
    """No template for a message on a channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """`subject` (an e-mail's, a push's title, else empty) is one line; `fallbacks` are the tokens that the customer has not.

    In `body`, `{{unsubscribe}}` (`tokens.UNSUBSCRIBE`) is for the channel to replace by its own words; no value has braces.
    """

    subject: str = field(repr=False)
    body: str = field(repr=False)
    fallbacks: tuple[str, ...] = ()

    def html(self) -> str:
        """The body for a channel that wants HTML: everything in it escaped, a line a line."""
        paragraphs = (paragraph.replace("\n", "<br>\n") for paragraph in escape(self.body).split("\n\n"))
        return "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One message: template and channel, the decision that it follows, and the customer's item."""

    template: str
    channel: str
    decision: Decision = field(repr=False)
    item: Mapping[str, Any] = field(repr=False)

    def part(self, name: str) -> Mapping[str, Any]:
        """One group of the item's attributes, empty where it has none that can be read."""
        found = self.item.get(name)
        return found if isinstance(found, Mapping) else {}


class Renderer:
    """Writes messages by the playbook in a folder; raises `UnusablePlaybook` when it cannot be used.

    Templates are compiled once. `products` reads products by id as they are now; `now` is the moment of writing.
    """

    def __init__(
        self, folder: Path = FOLDER, products: Products = lambda _: {}, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.tokens = tokens.load(folder)
        self.texts = templates.load(folder, self.tokens)
        self.campaigns = campaigns.load(folder)
        self.experiments = experiments.load(folder)
        self._surroundings = {
            (channel, language.name): templates.surroundings(channel, language, self.tokens)
            for channel in tokens.CHANNELS
            for language in self.tokens.languages.values()
        }
        self._products, self._now = products, now

    def render(self, template: str, channel: str, decision: Decision | Mapping[str, Any], item: Mapping[str, Any]) -> Message:
        """One message, with a product read of its own; raises `UnknownTemplate`. The decision may be as `Decision.to_dict` wrote it."""
        decided = decision if isinstance(decision, Decision) else Decision.of(decision)
        return self.render_all([Ask(template=template, channel=channel, decision=decided, item=item)])[0]

    def render_all(self, asks: Sequence[Ask]) -> list[Message]:
        """A message each, in order, with one product read for all of them; raises `UnknownTemplate`."""
        shelf = Shelf.read(self._products, (product_id for ask in asks for product_id in ask.decision.items), self.tokens)
        now = self._now()
        return [self._message(ask, shelf, now) for ask in asks]

    def text(self, template: str, channel: str, language: str) -> tuple[Text, Language]:
        """The template in that language, else in the playbook's own, and how its language writes."""
        for each in (language[:2].lower(), self.tokens.language):
            text = self.texts.get(Key(template, channel, each))
            if text:
                return text, self.tokens.languages[each]
        raise UnknownTemplate(f"no template {template}.{channel}{templates.SUFFIX} in {templates.FOLDER}/ of the playbook")

    def _message(self, ask: Ask, shelf: Shelf, now: datetime) -> Message:
        text, language = self.text(ask.template, ask.channel, str(ask.part("profile").get("language") or ""))
        campaign, subgroup, missing = self.campaigns.get(ask.decision.campaign), "", []
        if campaign and campaign.subgroups:
            subgroup = subgroup_of(campaign, self.experiments, ask.decision.customer_id, ask.decision.arms)
        context = {**self._surroundings[ask.channel, language.name], "subgroup": subgroup}
        for token in text.personal:
            value = self._value(token, ask, subgroup, language, now)
            missing += [] if value else [token.value]
            context[token.value] = value or language.fallbacks[token]
        if Token.RENEWAL_DATE in text.personal and Token.RENEWAL_DATE.value not in missing and not _zone(ask):
            missing.append(TIME_ZONE)
        if Token.ITEMS in text.uses:
            context[Token.ITEMS.value] = items = shelf.first(ask.decision.items, language)
            missing += [] if items else [Token.ITEMS.value]
            missing += [Token.PRICE.value] if any(not item.priced for item in items) else []
        subject = " ".join(text.subject.render(context).split()) if text.subject else ""
        return Message(subject=subject, body=text.body.render(context).strip(), fallbacks=tuple(sorted(missing)))

    def _value(self, token: Token, ask: Ask, subgroup: str, language: Language, now: datetime) -> str:
        """What the customer has of it, empty for nothing."""
        match token:
            case Token.FIRST_NAME:
                return values.first_name(str(ask.part("profile").get("first_name") or ""))
            case Token.OFFER:
                campaign = self.campaigns.get(ask.decision.campaign)
                return values.offered(campaign.offer_for(subgroup) if campaign else None, self.tokens, language)
            case Token.RENEWAL_DATE:
                return values.local_date(str(ask.part("aggregates").get("renews_at") or ""), _zone(ask), language, after=now)
        raise ValueError(f"{token} is nobody's own")


def _zone(ask: Ask) -> Any:
    return values.zone_of(str(ask.part("profile").get("timezone") or ""))
