"""Activation: from score runs to decided audiences and the account of a run."""

from omnichannel.contracts.environment.base import Env


class ActivationStarterEnv(Env):
    """A manifest arrived: start the activation once every model has one for that date."""

    lake_bucket: str
    state_machine_arn: str


class ScoreWriterEnv(Env):
    """Writes the scores of one audience part onto customers' items."""

    lake_bucket: str
    customers_table: str


class AudienceEnv(Env):
    """Joins the score runs of one date into audience parts, with segments; the date's own are waited for so long after the scores."""

    lake_bucket: str
    customers_table: str
    part_size: str
    segments_seconds: str


class DecideAudienceEnv(Env):
    """Decides the next best action of everyone in one audience part."""

    lake_bucket: str
    customers_table: str
    products_table: str
    sent_table: str


class DecisionsApiEnv(Env):
    """Decides for one customer; an empty `score_function` means that nobody is scored on demand."""

    customers_table: str
    products_table: str
    sent_table: str
    score_function: str


class CampaignAudiencesEnv(Env):
    """Writes the lists that campaigns have beside messages. `holdout` is JSON, `{"salt", "share"}`."""

    lake_bucket: str
    customers_table: str
    products_table: str
    holdout: str


class CloseLedgerEnv(Env):
    """Adds a run's ledger parts up and says whether they close."""

    lake_bucket: str


class LandRunEnv(Env):
    """Lands a run's account: the log, decisions, and arms that the table of what was sent does not know yet."""

    lake_bucket: str
    landing_bucket: str
    sent_table: str


class ReplayRunEnv(Env):
    """Gathers what a finished run could not deliver, for its sinks to try again."""

    lake_bucket: str
    reviews_table: str
