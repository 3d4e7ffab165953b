"""Reviews of score runs before activation: items of the `reviews` table, the report in the lake, and how an execution ends.

One item an activation run, by `run`: `as_of`, `order` (of two runs the later is the greater), `status`, `verdict`, `outside` (the names of
the checks that are not within their tolerance), `scores` (by model: manifest's key, run, rows, digest, seal), `digest`, `report` (JSON),
`opened_at`; `token` while it waits; `decided_by`, `decided_at` and `reason` once it is decided. Nothing of a customer stands in it.
"""

from enum import StrEnum

from omnichannel.contracts import zones


class Standing(StrEnum):
    """What became of a review."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Verdict(StrEnum):
    """What the tolerances say of a run."""

    WITHIN = "within"
    OUTSIDE = "outside"
    FIRST = "first"


class Approval(StrEnum):
    """Who may approve: the tolerances where a run keeps to them, or a person always."""

    TOLERANCES = "tolerances"
    PERSON = "person"


TOLERANCES = "tolerances"
"""Who approved a run that kept to its tolerances."""

WAIT_SECONDS = 3 * 24 * 3600
"""How long a run waits for a person; then its scores are too old to be sent without another look."""

REASON_CHARS = 500
"""The longest reason that is kept; it names no customer."""


class Rejected(Exception):
    """A person said no; the message says who and why."""


class Superseded(Exception):
    """A newer run took the place of one that waited."""


class ReviewExpired(Exception):
    """Nobody decided in time."""


class ScoresChanged(Exception):
    """The scores are no longer those that were reviewed."""


ENDINGS: dict[Standing, type[Exception]] = {
    Standing.REJECTED: Rejected,
    Standing.SUPERSEDED: Superseded,
    Standing.EXPIRED: ReviewExpired,
}
"""The error by whose name an activation ends that was not approved."""


def report_key(run: str) -> str:
    """The key (lake) of an activation run's review, as JSON."""
    return f"{zones.activation_run(run)}review.json"
