"""The person of a request: every identifier under which data about them may lie."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from omnichannel.contracts.privacy import identifier_hash
from omnichannel.privacy.fields import Kind, normal

SHORTEST = 6
"""A shorter value, or one of digits alone, stands in too many places to be searched for outside of the fields that hold identifiers."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """`customer_ids` begins with the surviving id, merged ones follow; `values` are raw spellings by kind.

    `shared` counts by kind what other customers have as well: such values are not used, for they would erase others' rows.
    """

    customer_ids: tuple[str, ...]
    values: Mapping[Kind, frozenset[str]] = field(repr=False)
    shared: Mapping[Kind, int] = field(default_factory=dict)

    @property
    def customer_id(self) -> str:
        """The id that the person has now."""
        return self.customer_ids[0]

    def of(self, *wanted: Kind) -> frozenset[str]:
        """The values of those kinds."""
        return frozenset().union(*(self.values.get(kind, frozenset()) for kind in wanted))

    @property
    def everything(self) -> frozenset[str]:
        """Every value of every kind."""
        return self.of(*Kind)

    def hashes(self) -> list[dict[str, str]]:
        """What certificates say of the identifiers: kind and hash, sorted, one line for spellings of the same."""
        found = {(kind.value, identifier_hash(kind, normal(kind, value))) for kind, values in self.values.items() for value in values}
        return [{"kind": kind, "sha256": digest} for kind, digest in sorted(found)]

    def to_json(self) -> bytes:
        """As it lies encrypted in the lake while a request runs."""
        values = {kind.value: sorted(values) for kind, values in self.values.items() if values}
        shared = {kind.value: count for kind, count in self.shared.items()}
        return json.dumps({"customer_ids": self.customer_ids, "values": values, "shared": shared}).encode()

    @classmethod
    def of_json(cls, text: bytes) -> Self:
        """From `to_json`."""
        found: dict[str, Any] = json.loads(text)
        return cls(
            customer_ids=tuple(found["customer_ids"]),
            values={Kind(kind): frozenset(values) for kind, values in found["values"].items()},
            shared={Kind(kind): int(count) for kind, count in found["shared"].items()},
        )


def is_telling(value: str) -> bool:
    """Whether the value names the person wherever it stands; `12345` may be a price, `C12345` is a customer."""
    return len(value) >= SHORTEST and not value.replace(".", "").replace("-", "").isdigit()


def telling(values: Iterable[str]) -> frozenset[str]:
    """Those that name the person wherever they stand."""
    return frozenset(filter(is_telling, values))
