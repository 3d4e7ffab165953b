"""The review of an activation's scores."""

from omnichannel.contracts.environment.base import Env


class ReviewScoresEnv(Env):
    """Compares the score runs of an activation with the last approved ones, and opens its review.

    `tolerances` is JSON (`omnichannel.review.tolerances`), `approval` who may approve, `memory_mb` what its queries may take.
    """

    lake_bucket: str
    reviews_table: str
    tolerances: str
    approval: str
    deployment: str
    memory_mb: str


class ReviewGateEnv(Env):
    """Keeps the token of an activation that waits, ends the wait, and looks at the scores once more before they are used."""

    lake_bucket: str
    reviews_table: str


class ReviewApiEnv(Env):
    """Shows reviews and takes decisions from whoever signs for them."""

    lake_bucket: str
    reviews_table: str
