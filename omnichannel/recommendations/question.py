"""What a caller of the recommendations API asks for, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from omnichannel.contracts.recommendations import Placement, Recommender

DEFAULT_LIMIT, MAX_LIMIT = 10, 50
MAX_ID = 256
PARAMETERS = ("customer_id", "customer_ref", "product_id", "limit")


class Unanswerable(Exception):
    """A question that has no answer: the HTTP status, a short title, and what would have worked."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title = status, title
        super().__init__(detail)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which products to show where. The customer is named by our id or by the retailer's, or not at all."""

    placement: Placement
    customer_id: str = ""
    customer_ref: str = ""
    product_id: str = ""
    limit: int = DEFAULT_LIMIT

    @classmethod
    def of(cls, placement: str, query: Mapping[str, str]) -> Self:
        """From a path and a query string; raises `Unanswerable`."""
        if placement not in set(Placement):
            raise Unanswerable(404, "Unknown placement", f"expected one of {', '.join(Placement)}")
        unknown = sorted(query.keys() - set(PARAMETERS))
        if unknown:
            raise Unanswerable(400, "Unknown parameter", f"{len(unknown)} unknown; expected only {', '.join(PARAMETERS)}")
        question = cls(
            placement=Placement(placement),
            customer_id=_id(query, "customer_id"),
            customer_ref=_id(query, "customer_ref"),
            product_id=_id(query, "product_id"),
            limit=_limit(query.get("limit", str(DEFAULT_LIMIT))),
        )
        if question.customer_id and question.customer_ref:
            raise Unanswerable(400, "Two customers", "expected customer_id or customer_ref, not both")
        if question.placement.recommender is not Recommender.FOR_YOU and not question.product_id:
            raise Unanswerable(400, "Missing product_id", f"placement {question.placement} needs the product_id to start from")
        return question


def _id(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "").strip()
    if len(value) > MAX_ID or value.startswith("#") or not value.isprintable():
        raise Unanswerable(400, f"Unusable {name}", f"expected at most {MAX_ID} printable characters, the first not #")
    return value


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MAX_LIMIT):
        raise Unanswerable(400, "Unusable limit", f"expected a whole number from 1 to {MAX_LIMIT}")
    return int(text)
