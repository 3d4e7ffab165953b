"""What a caller of the profiles API asks for, checked: whom, and which of what is known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from omnichannel.api.problem import Unanswerable
from omnichannel.contracts.store import IdType, link_key

__all__ = ["MAX_ID", "PERSONAL", "USUAL", "Field", "Question", "Unanswerable"]

MAX_ID = 256
_REF = "ref:"
_EMAIL = re.compile(r"[0-9a-f]{64}")


class Field(StrEnum):
    """Groups of attributes that may be asked for. `CONTACT`, `PROFILE` and `REFS` say who somebody is: only who names them gets them."""

    AGGREGATES = "aggregates"
    SEGMENTS = "segments"
    CONSENTS = "consents"
    SCORES = "scores"
    NEXT_ACTION = "next_action"
    QUALITY = "quality"
    PROFILE = "profile"
    CONTACT = "contact"
    REFS = "refs"


PERSONAL = frozenset({Field.PROFILE, Field.CONTACT, Field.REFS})
USUAL = tuple(field for field in Field if field not in PERSONAL)
"""What is answered when no field is named."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """The key to begin with (a customer's id, or an identifier's redirect), and the fields that are wanted."""

    key: str
    fields: tuple[Field, ...]

    @classmethod
    def of(cls, customer: str | None, query: Mapping[str, str]) -> Self:
        """From the path's id, or its absence, and the query string; raises `Unanswerable`."""
        known = ("fields",) if customer is not None else ("fields", IdType.EMAIL_SHA256.value)
        if unknown := sorted(query.keys() - set(known)):
            raise Unanswerable(400, "Unknown parameter", f"{len(unknown)} unknown; expected only {', '.join(known)}")
        key = _key(customer) if customer is not None else _by_email(query.get(IdType.EMAIL_SHA256.value, ""))
        return cls(key=key, fields=_fields(query.get("fields", "")))


def _key(customer: str) -> str:
    text = customer.strip()
    value = text.removeprefix(_REF)
    if not value or len(text) > MAX_ID or "#" in value or not value.isprintable():
        raise Unanswerable(
            400, "Unusable id", f"expected our customer id, or ref: and yours, of at most {MAX_ID} printable characters without #"
        )
    return link_key(IdType.CUSTOMER_REF, value) if text.startswith(_REF) else value


def _by_email(digest: str) -> str:
    text = digest.strip().lower()
    if not _EMAIL.fullmatch(text):
        raise Unanswerable(400, "Unusable email_sha256", "expected the SHA-256 of the address in small letters, as 64 hex digits")
    return link_key(IdType.EMAIL_SHA256, text)


def _fields(text: str) -> tuple[Field, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if wrong := [name for name in names if name not in set(Field)]:
        raise Unanswerable(400, "Unknown field", f"{len(wrong)} unknown; expected some of {', '.join(Field)}")
    return tuple(Field(name) for name in dict.fromkeys(names)) or USUAL
