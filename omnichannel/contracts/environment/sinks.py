"""Sinks: who tells Segment and the messaging service of audiences and live decisions."""

from omnichannel.contracts.environment.base import Env


class SegmentBridgeEnv(Env):
    """Sends one audience part to Segment; `live` is on where a relay tells Segment live changes besides."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    segment_secret: str
    segment_endpoint: str
    events_per_second: str
    holdout: str
    live: str


class SegmentFilesEnv(Env):
    """The same as files for Segment's "Amazon S3 from Lambda" source."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    holdout: str


class FileBridgeEnv(Env):
    """Messaging adapter `file`: the audience as CSV files in the lake. `holdout` is JSON, `{"salt", "share"}`."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    products_table: str
    holdout: str


class PinpointBridgeEnv(Env):
    """Messaging adapter `pinpoint`: endpoint import file, job and segment."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    products_table: str
    holdout: str
    application_id: str
    import_role_arn: str


class ProfilesBridgeEnv(Env):
    """Messaging adapter `connect`: objects of one type into a domain of Customer Profiles.

    `upload_from` is how many customers a first load needs to go as files; 0 where it never does.
    """

    lake_bucket: str
    customers_table: str
    sent_table: str
    products_table: str
    holdout: str
    domain: str
    upload_from: str


class LiveMessengerEnv(Env):
    """Live decisions into the messaging sink. `target` is the domain of Customer Profiles, or Pinpoint's application; empty for files."""

    lake_bucket: str
    landing_bucket: str
    customers_table: str
    sent_table: str
    products_table: str
    holdout: str
    sink: str
    target: str
