"""The environment of every function: one class that the stack writes and the function reads."""

import os
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from typing import NoReturn, Self, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Env:
    """A function's environment variables: each annotation in upper case, all of them strings and all required.

    What is generated for a dataclass would be a tenth of the start of every function, for half a hundred classes of which it reads one.
    """

    def __init__(self, **values: str) -> None:
        """Every variable by its name; raises `TypeError` for one too many or too few."""
        if wrong := values.keys() ^ set(self.names()):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.names())}; missing or unknown: {', '.join(sorted(wrong))}")
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to {name}")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The variables, in small letters, an inherited one first."""
        return tuple(name for each in reversed(cls.__mro__) for name in vars(each).get("__annotations__", ()))

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The values from the process's environment; a missing one is an error that names it."""
        environ = os.environ if environ is None else environ
        missing = [name.upper() for name in cls.names() if name.upper() not in environ]
        if missing:
            raise LookupError(f"{cls.__name__}: environment lacks {', '.join(missing)}")
        return cls(**{name: environ[name.upper()] for name in cls.names()})

    def variables(self) -> dict[str, str]:
        """What the stack writes into the function's environment."""
        return {name.upper(): str(value) for name, value in vars(self).items()}


class OnboardingStarterEnv(Env):
    """Queue of landed objects -> one execution per content."""

    state_machine_arn: str


class StageFileEnv(Env):
    """Stage A: check one landed file, stage the good rows, quarantine the bad."""

    lake_bucket: str
    quarantine_bucket: str
    history_table: str


class StageJobEnv(Env):
    """Stage A of a large file: starts the processing job that does it, and tells how it stands.

    `request` is CreateProcessingJob's request as JSON; `{job}` in it stands for the job's name.
    """

    lake_bucket: str
    request: str


class CommitFilesEnv(Env):
    """Stage B: the only writer of trusted tables."""

    lake_bucket: str
    glue_database: str
    history_table: str
    privacy_table: str


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


class QualityReportEnv(Env):
    """Checks the data quality rules over the lake; `memory_mb` is what its queries may take."""

    lake_bucket: str
    glue_database: str
    history_table: str
    memory_mb: str


class ProfilesApiEnv(Env):
    """Reads the customer view for whoever signs for it."""

    customers_table: str


class ConsentWriterEnv(Env):
    """Writes the consents of live events onto customers' items."""

    customers_table: str


class ScoreWriterEnv(Env):
    """Writes the scores of one audience part onto customers' items."""

    lake_bucket: str
    customers_table: str


class ScoreCustomerEnv(Env):
    """Scores one customer from the features and the model of the newest score run."""

    lake_bucket: str


class SegmentWriterEnv(Env):
    """Writes the segments of a finished run onto customers' items, a part a message."""

    lake_bucket: str
    customers_table: str
    queue_url: str


class PipelineRunEnv(Env):
    """Starts a SageMaker pipeline and tells how its execution stands.

    `prefix` is what the names of the deployment's pipelines and model package groups begin with.
    """

    lake_bucket: str
    glue_database: str
    prefix: str


class ActivationStarterEnv(Env):
    """A manifest arrived: start the activation once every model has one for that date."""

    lake_bucket: str
    state_machine_arn: str


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


class SegmentRelayEnv(Env):
    """Tells Segment what live events have changed of customers. `holdout` is JSON, `{"salt", "share"}`."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    segment_secret: str
    segment_endpoint: str
    events_per_second: str
    holdout: str


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


class ReplayRunEnv(Env):
    """Gathers what a finished run could not deliver, for its sinks to try again."""

    lake_bucket: str
    reviews_table: str


class EventDoorEnv(Env):
    """Segment's webhook: signature, one event, onto the bus. `forwarded` is a JSON list of the names that somebody acts on."""

    bus_name: str
    webhook_secret: str
    forwarded: str


class EventDestinationEnv(Env):
    """Segment's Lambda destination: one event, onto the bus."""

    bus_name: str
    forwarded: str


class EventSourceEnv(Env):
    """Segment's EventBridge source: its messages, onto the bus."""

    bus_name: str
    forwarded: str


class PersonalizeRelayEnv(Env):
    """Relays interactions from its queue to Personalize; `interactions` is the playbook's mapping as JSON."""

    tracking_id: str
    interactions: str
    customers_table: str
    lake_bucket: str


class InteractionsExportEnv(Env):
    """Writes the interactions that Personalize trains on."""

    lake_bucket: str
    glue_database: str
    customers_table: str


class PersonalizePutEnv(Env):
    """Tells Personalize of products and customers that have changed."""

    lake_bucket: str
    glue_database: str
    customers_table: str
    items_dataset_arn: str
    users_dataset_arn: str


class PersonalizeSetupEnv(Env):
    """Personalize's life cycle, one phase a call."""

    lake_bucket: str
    dataset_group_arn: str
    interactions_dataset_arn: str
    items_dataset_arn: str
    users_dataset_arn: str
    import_role_arn: str
    batch_role_arn: str


class KeepRecommendationsEnv(Env):
    """Puts what a batch of Personalize recommended onto customers' items."""

    lake_bucket: str
    customers_table: str


class RecommendationsApiEnv(Env):
    """Answers by placement with products; an empty `dataset_group_arn` means popular products only.

    `personalize_asks` says whom of the dataset group it asks for which placement, as JSON.
    """

    products_table: str
    customers_table: str
    dataset_group_arn: str
    personalize_asks: str


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


class SegmentWindowsEnv(Env):
    """Applies live events to the windows of the playbook's triggers; `trigger_time_scale` is how much shorter their durations are.

    `timer_group`, `timer_role_arn` and `timer_queue_arn` make the one-shot schedules that say when a window runs out.
    """

    customers_table: str
    products_table: str
    windows_table: str
    bus_name: str
    trigger_time_scale: str
    timer_group: str
    timer_role_arn: str
    timer_queue_arn: str


class SegmentTimerEnv(SegmentWindowsEnv):
    """Looks at a window again when its time has come."""


class RedecideEnv(Env):
    """Decides a customer anew who entered or left a live segment, or bought."""

    customers_table: str
    products_table: str
    sent_table: str
    bus_name: str
