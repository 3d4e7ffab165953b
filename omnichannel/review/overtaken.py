"""When an approved run may no longer deliver: a newer one has been let through since."""

from collections.abc import Iterable, Mapping
from typing import Any

from omnichannel.contracts.reviews import TOLERANCES, Standing


def overtaken_by(review: Mapping[str, Any], reviews: Iterable[Mapping[str, Any]]) -> str:
    """The run that took this one's place; empty when none did.

    A run of a later date, or of the same date with scores written later, that was approved after this one did. A person who approved
    this one after that knew of the other, and means it; tolerances do not.
    """
    newer = (r for r in reviews if r["status"] == Standing.APPROVED and r["order"] > review["order"])
    since = (r for r in newer if review["decided_by"] == TOLERANCES or r["decided_at"] > review["decided_at"])
    return max(((str(r["order"]), str(r["run"])) for r in since), default=("", ""))[1]
