"""The own recommender's lists with what a batch of Personalize recommended in their place, while that is fresh."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from omnichannel.contracts.recommendations import Source

KEPT = timedelta(days=8)
"""Weekly batches, and a day in which one may fail; then the own recommender's items come back."""


def overlaid(wanted: Mapping[str, Any], held: Mapping[str, Any] | None, at: str) -> Mapping[str, Any]:
    """A customer's new attribute `recommended`, made at `at`, with the items of the one that is held if those are a fresh batch's."""
    if not held or held.get("source") != Source.PERSONALIZE or not _fresh(str(held.get("prepared", "")), at):
        return wanted
    return {**wanted, **{name: held[name] for name in ("items", "source", "prepared")}}


def _fresh(prepared: str, at: str) -> bool:
    try:
        return datetime.fromisoformat(at) - datetime.fromisoformat(prepared) <= KEPT
    except (ValueError, TypeError):
        return False
