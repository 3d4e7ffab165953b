"""The global holdout as a bridge's environment tells it: who is in it hears nothing, on any channel."""

import json
from dataclasses import dataclass
from typing import Self

from omnichannel.experiments.assignment import held_out


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdout:
    """Customers left out, drawn by a salted hash of their id: `share` of them, 0 to 1."""

    salt: str
    share: float

    @classmethod
    def of(cls, text: str) -> Self:
        """From `{"salt", "share"}` as JSON; what is not that is a `ValueError` that says so."""
        try:
            said = json.loads(text)
            found = cls(salt=said["salt"], share=float(said["share"]))
        except (ValueError, TypeError, KeyError) as wrong:
            raise ValueError(f'holdout is {text!r}; expected JSON like {{"salt": "2026-11", "share": 0.05}}') from wrong
        if not 0 <= found.share <= 1:
            raise ValueError(f"holdout: share is {found.share:g}; expected 0 to 1")
        return found

    def has(self, customer_id: str) -> bool:
        """Whether the customer is left out."""
        return held_out(self.salt, self.share, customer_id)
