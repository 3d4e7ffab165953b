"""What a caller of the profiles API asks for, checked against the API's definition: whom, and which of what is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from omnichannel.api.parameters import read
from omnichannel.api.problem import Unanswerable
from omnichannel.api.profiles import PARAMETERS, SEARCH_PARAMETERS
from omnichannel.contracts.store import REF, IdType, link_key
from omnichannel.view.fields import USUAL, Field

__all__ = ["Question", "Unanswerable"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """The key to begin with (a customer's id, or an identifier's redirect), and the fields that are wanted."""

    key: str = field(repr=False)
    fields: tuple[Field, ...]

    @classmethod
    def of(cls, customer: str | None, query: Mapping[str, str]) -> Self:
        """From the path's id, or its absence, and the query string; raises `Unanswerable`."""
        asked = read(SEARCH_PARAMETERS, {}, query) if customer is None else read(PARAMETERS, {"id": customer}, query)
        fields = tuple(dict.fromkeys(Field(name) for name in asked.get("fields", ())))
        return cls(key=_key(asked), fields=fields or USUAL)


def _key(asked: Mapping[str, str]) -> str:
    if "id" not in asked:
        return link_key(IdType.EMAIL_SHA256, asked[IdType.EMAIL_SHA256].lower())
    value = asked["id"].removeprefix(REF)
    return link_key(IdType.CUSTOMER_REF, value) if asked["id"].startswith(REF) else value
