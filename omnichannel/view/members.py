"""The customers of a segment, a page at a time: found by the index of the table, shown as the profiles API shows anybody."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from omnichannel.api.parameters import read
from omnichannel.api.profiles import MEMBERS_PARAMETERS
from omnichannel.contracts.store import IN_SEGMENT
from omnichannel.view.answer import shown, wanted
from omnichannel.view.fields import USUAL, Field

Find = Callable[[str, str, int], tuple[Sequence[str], bool]]
"""Our ids of a segment's customers after one, at most so many, in the order of ids; and whether there are more."""
Items = Callable[[Sequence[str], tuple[str, ...]], Iterable[Mapping[str, Any]]]
"""Reads those attributes of the items with those keys, in no promised order."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose page: the segment's name, the id after which it begins (empty: the first), and how many at most."""

    segment: str
    after: str = field(repr=False)
    limit: int
    fields: tuple[Field, ...]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From the query string; raises `Unanswerable`."""
        asked = read(MEMBERS_PARAMETERS, {}, query)
        fields = tuple(dict.fromkeys(Field(name) for name in asked.get("fields", ())))
        return cls(segment=asked["segment"], after=asked.get("after", ""), limit=asked["limit"], fields=fields or USUAL)


def page(asked: Asked, find: Find, items: Items) -> dict[str, Any]:
    """`segment`, `profiles` and `next`: what to ask `after` for the page that follows, None on the last.

    The index may be a moment behind: who has left the segment, or is gone, is left out, so a page may hold fewer than the limit.
    """
    ids, more = find(asked.segment, asked.after, asked.limit)
    held = {str(item["customer_id"]): item for item in items(ids, (*wanted(asked.fields), IN_SEGMENT))}
    there = [held[each] for each in ids if held.get(each, {}).get(IN_SEGMENT) == asked.segment]
    return {"segment": asked.segment, "profiles": [shown(item, asked.fields) for item in there], "next": ids[-1] if more else None}
