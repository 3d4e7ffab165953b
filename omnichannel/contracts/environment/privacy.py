"""Privacy: what is known of a person, and its erasure."""

from omnichannel.contracts.environment.base import Env


class PrivacySubjectEnv(Env):
    """Finds every identifier of a person, and asks the committer for the rows that name them."""

    lake_bucket: str
    glue_database: str
    customers_table: str
    privacy_table: str


class PrivacyStateEnv(Env):
    """Refuses a person's consents, deletes their items, certifies; the days are what the certificate says about copies that age out."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    windows_table: str
    history_table: str
    privacy_table: str
    buckets: str
    queue_days: str
    dead_letter_days: str
    access_log_days: str
    consent_years: str


class PrivacyObjectsEnv(Env):
    """Takes a person out of stored objects."""

    lake_bucket: str
    landing_bucket: str
    quarantine_bucket: str
    history_table: str


class PrivacyProofEnv(Env):
    """Reads every byte and every item for a person; `buckets` and `tables` are lists with commas."""

    lake_bucket: str
    privacy_table: str
    buckets: str
    tables: str


class PrivacySinksEnv(Env):
    """Has sinks forget a person; what belongs to a sink that is off is empty."""

    lake_bucket: str
    segment_secret: str
    segment_endpoint: str
    dataset_group_arn: str
    deletion_role_arn: str
    application_id: str
    profiles_domain: str


class PrivacyExportEnv(Env):
    """Gathers everything that is held about a person; an empty `profiles_domain` means that nobody has a profile."""

    lake_bucket: str
    glue_database: str
    customers_table: str
    sent_table: str
    privacy_table: str
    profiles_domain: str
