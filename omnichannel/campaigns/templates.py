"""`playbook/templates/`: a file a message, channel and language, compiled once and checked before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from omnichannel.campaigns.sms import MOST_CHARACTERS
from omnichannel.campaigns.tokens import CHANNELS, MUST_UNSUBSCRIBE, Language, Token, Tokens
from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.document import text as file_text

FOLDER, SUFFIX = "templates", ".j2"
SUBJECT = "subject:"
LONGEST_SUBJECT = 100
LONGEST_BODY = {"email": 50_000, "sms": MOST_CHARACTERS, "push": 200}
"""Characters of a body. What is longer in a push is not shown by phones."""
WITH_SUBJECT = ("email", "push")
"""Of a push, the subject is the title."""
KNOWN = frozenset({*Token, "unsubscribe", "subgroup", "fallback"} - {Token.PRICE})
"""The names that a template may use; `price` is one of an item's, with `name` and `url`."""

_OPTIONS: Mapping[str, Any] = {"autoescape": False, "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": False}
# A message is text: values have been made plain, and whoever needs HTML escapes the whole (`Message.html`).
_SENDING = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, **_OPTIONS)
_CHECKING = ImmutableSandboxedEnvironment(undefined=StrictUndefined, **_OPTIONS)


class Key(NamedTuple):
    """Which message, on which channel, in which language."""

    message: str
    channel: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Text:
    """One template; `uses` are the tokens that it asks for, `subject` is None where the channel has none."""

    place: str
    source: tuple[str, str]
    subject: Template | None
    body: Template
    uses: frozenset[str]

    @cached_property
    def personal(self) -> tuple[Token, ...]:
        """The tokens among them that are a customer's own words."""
        return tuple(token for token in (Token.FIRST_NAME, Token.OFFER, Token.RENEWAL_DATE) if token in self.uses)

    def strict(self) -> tuple[Template, Template]:
        """Subject and body that refuse what is not there; raises `TemplateError`."""
        return _CHECKING.from_string(self.source[0]), _CHECKING.from_string(self.source[1])


def load(folder: Path, tokens: Tokens) -> dict[Key, Text]:
    """Every template below a playbook's folder; raises `UnusablePlaybook`."""
    paths = sorted(path for path in (folder / FOLDER).glob("*") if not path.name.startswith("."))
    if not paths:
        raise UnusablePlaybook(f"{FOLDER}/ holds nothing; expected templates such as welcome.email{SUFFIX}")
    found = {key_of(path.name, tokens): _text(path) for path in paths}
    for key, text in found.items():
        if key.language != tokens.language and key._replace(language=tokens.language) not in found:
            raise UnusablePlaybook(f"{text.place} has no {key.message}.{key.channel}{SUFFIX} beside it; expected it for other languages")
    return found


def key_of(name: str, tokens: Tokens) -> Key:
    """What a file's name says: `win-back.email.j2`, `win-back.email.de.j2`; raises `UnusablePlaybook`."""
    match name.removesuffix(SUFFIX).split(".") if name.endswith(SUFFIX) else []:
        case [str(message), str(channel)] if message and channel in CHANNELS:
            return Key(message, channel, tokens.language)
        case [str(message), str(channel), str(language)] if message and channel in CHANNELS and language in tokens.languages:
            if language != tokens.language:
                return Key(message, channel, language)
    known, languages = " | ".join(CHANNELS), " | ".join(each for each in tokens.languages if each != tokens.language)
    raise UnusablePlaybook(
        f"{FOLDER}/{name} names no template; expected <message>.<{known}>{SUFFIX} or <message>.<channel>.<{languages}>{SUFFIX}"
    )


def surroundings(channel: str, language: Language, tokens: Tokens) -> dict[str, Any]:
    """What a template may use that is nobody's: `{{ unsubscribe }}`, `{{ fallback.items }}`."""
    return {"unsubscribe": tokens.unsubscribe[channel], "fallback": SimpleNamespace(**language.fallbacks)}


def _text(path: Path) -> Text:
    place, channel = f"{FOLDER}/{path.name}", path.name.split(".")[1]
    source = file_text(path)
    first, _, rest = source.partition("\n")
    titled = first.lower().startswith(SUBJECT)
    if titled is not (channel in WITH_SUBJECT):
        wanted = f"`{SUBJECT} …` in the first line" if not titled else "no subject: a text message has none"
        raise UnusablePlaybook(f"{place} begins with {first[:40]!r}; expected {wanted}")
    subject, body = (first[len(SUBJECT) :].strip(), rest.strip()) if titled else ("", source.strip())
    try:
        return Text(
            place=place,
            source=(subject, body),
            subject=_SENDING.from_string(subject) if titled else None,
            body=_SENDING.from_string(body),
            uses=_uses(place, subject) | _uses(place, body),
        )
    except TemplateError as broken:
        raise UnusablePlaybook(f"{place} is no template: {broken.message}") from broken


def _uses(place: str, source: str) -> frozenset[str]:
    asked = meta.find_undeclared_variables(_SENDING.parse(source))
    unknown = sorted(asked - KNOWN)
    if unknown:
        raise UnusablePlaybook(f"{place} asks for {', '.join(unknown)}; expected some of {', '.join(sorted(KNOWN))}")
    return frozenset(asked)


def check(text: Text, channel: str, context: Mapping[str, Any], who: str) -> None:
    """Renders for one extreme customer (`who` says which); raises `UnusablePlaybook` for what is missing or too long."""
    try:
        subject, body = (template.render(context) for template in text.strict())
    except (TemplateError, TypeError, ValueError, ArithmeticError) as broken:
        raise UnusablePlaybook(f"{text.place}, for {who}: {broken}") from broken
    for what, written, most in (("subject", subject, LONGEST_SUBJECT), ("body", body, LONGEST_BODY[channel])):
        if len(written) > most:
            raise UnusablePlaybook(f"{text.place}, for {who}: the {what} has {len(written)} characters; expected at most {most}")
    if "\n" in subject or (text.subject and not subject.strip()) or not body.strip():
        raise UnusablePlaybook(f"{text.place}, for {who}: expected one line as subject and a body that says something")
    if (channel in MUST_UNSUBSCRIBE or context["unsubscribe"]) and context["unsubscribe"].strip() not in body:
        raise UnusablePlaybook(f"{text.place}, for {who}: nothing says how to unsubscribe; expected {{{{ unsubscribe }}}} in the body")
    if Token.ITEMS in text.uses and not context["items"] and context["fallback"].items not in body:
        raise UnusablePlaybook(f"{text.place}, for {who}: no product is left and nothing said; expected {{{{ fallback.items }}}} then")
