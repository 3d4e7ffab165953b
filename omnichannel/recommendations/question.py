"""What a caller of the recommendations API asks for, checked against the API's definition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from omnichannel.api.parameters import read
from omnichannel.api.problem import Unanswerable
from omnichannel.api.recommendations import DEFAULT_LIMIT, PARAMETERS
from omnichannel.contracts.recommendations import Placement
from omnichannel.contracts.store import IdType, link_key

__all__ = ["Question", "Unanswerable"]

_WHO = ("customer_id", "customer_ref", "anonymous_id")
"""The surest first: a storefront that knows several tells them all."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which products to show where. `key` is the item that leads to the customer, empty for nobody; `context` is by parameter."""

    placement: Placement
    key: str = field(default="", repr=False)
    product_ids: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    limit: int = DEFAULT_LIMIT
    context: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, placement: str, query: Mapping[str, str]) -> Self:
        """From a path and a query string; raises `Unanswerable`."""
        given = read(PARAMETERS, {"placement": placement}, query)
        return cls(
            placement=Placement(given["placement"]),
            key=_key({name: given[name] for name in _WHO if name in given}),
            product_ids=tuple(dict.fromkeys(given.get("product_id", ()))),
            exclude=frozenset(given.get("exclude", ())),
            limit=given["limit"],
            context={name: given[name] for name in ("device", "country") if name in given},
        )


def _key(named: Mapping[str, str]) -> str:
    name = next(iter(named), "")
    if not name:
        return ""
    return named[name] if name == "customer_id" else link_key(IdType(name), named[name])
