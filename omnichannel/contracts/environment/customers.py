"""The customer view: who writes it, who reads it."""

from omnichannel.contracts.environment.base import Env


class CustomerViewEnv(Env):
    """Rebuilds identity links, customer items and product items from the lake; an empty `consent_proof_bucket` means no locked copy.

    Who was merged into whom is told on the bus.
    """

    lake_bucket: str
    glue_database: str
    customers_table: str
    products_table: str
    sent_table: str
    bus_name: str
    consent_proof_bucket: str


class TransformJobEnv(Env):
    """Measures trusted tables, starts the processing job that transforms them when they are large, and tells how it stands.

    `request` is CreateProcessingJob's request as JSON, with places for the job's name, moment and transformations.
    """

    glue_database: str
    threshold_bytes: str
    request: str


class ProfilesApiEnv(Env):
    """Reads the customer view for whoever signs for it."""

    customers_table: str


class ConsentWriterEnv(Env):
    """Writes the consents of live events onto customers' items."""

    customers_table: str


class SegmentWriterEnv(Env):
    """Writes the segments of a finished run onto customers' items, a part a message."""

    lake_bucket: str
    customers_table: str
    queue_url: str


class FeedbackWriterEnv(Env):
    """Brings suppressions and contacts from the lake to the tables, and outcomes into a file."""

    lake_bucket: str
    glue_database: str
    customers_table: str
    sent_table: str


class LearnRecommendationsEnv(Env):
    """Learns what goes with what from the lake, and writes recommendations onto customers' and products' items."""

    lake_bucket: str
    glue_database: str
    customers_table: str
    products_table: str
