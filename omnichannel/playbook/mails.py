"""`playbook/pinpoint/`: the e-mails that Amazon Pinpoint sends by itself, in its own template language (Handlebars), checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.document import text as file_text

NAME, SUFFIX = "pinpoint", ".hbs"
SUBJECT = "subject:"
LONGEST_SUBJECT, LONGEST_BODY = 100, 50_000
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)?")
_OPENED, _CLOSED = re.compile(r"{{#\s*(\w+)"), re.compile(r"{{/\s*(\w+)")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A subject and a text with Pinpoint's placeholders, such as `{{Attributes.campaign}}`."""

    subject: str
    body: str


def load(folder: Path = FOLDER) -> dict[str, Mail]:
    """By the file's name without its ending, `win-back` or `win-back.voucher` for a subgroup; raises `UnusablePlaybook`."""
    paths = sorted(path for path in (folder / NAME).glob("*") if not path.name.startswith("."))
    return {_named(path): _mail(path) for path in paths}


def of_subgroup(mails: Mapping[str, Mail], template: str, subgroup: str) -> str:
    """The name of a subgroup's mail: its own if there is one, else the template's."""
    own = f"{template}.{subgroup}"
    return own if own in mails else template


def _named(path: Path) -> str:
    name = path.name.removesuffix(SUFFIX)
    if path.suffix != SUFFIX or not _NAME.fullmatch(name):
        raise UnusablePlaybook(f"{NAME}/{path.name} is no e-mail; expected a name such as win-back{SUFFIX} or win-back.voucher{SUFFIX}")
    return name


def _mail(path: Path) -> Mail:
    place = f"{NAME}/{path.name}"
    first, _, rest = file_text(path).partition("\n")
    subject, body = first.removeprefix(SUBJECT).strip(), rest.strip()
    if not first.startswith(SUBJECT) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise UnusablePlaybook(f"{place} begins with {first!r:.60}; expected `{SUBJECT}` and 1 to {LONGEST_SUBJECT} characters")
    if not 0 < len(body) <= LONGEST_BODY:
        raise UnusablePlaybook(f"{place} has a text of {len(body)} characters; expected 1 to {LONGEST_BODY}")
    if body.count("{{") != body.count("}}") or sorted(_OPENED.findall(body)) != sorted(_CLOSED.findall(body)):
        raise UnusablePlaybook(f"{place} has placeholders that do not end; expected }}}} for each {{{{ and a {{{{/each}}}} for each")
    return Mail(subject=subject, body=f"{body}\n")
