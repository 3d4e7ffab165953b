"""Every deploy-time choice: one frozen, validated value read from the CDK context.

`cdk.json` lists each key with its default; `cdk deploy -c environment=prod -c segment=on` changes one.
A wrong value, an unknown key or a region that lacks what a knob asks for is a `SettingsError` at synthesis.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from constructs import Node

from omnichannel.contracts.reviews import Approval
from stacks import choices, images, knobs
from stacks.api_knobs import EDGE_KNOBS, JWT_KNOBS, CloudFront, Jwt
from stacks.choices import SEGMENT_APIS, SEGMENT_ENDPOINTS, Messaging
from stacks.connect_knobs import CONNECT_KNOBS, ConnectInstance
from stacks.knobs import SettingsError
from stacks.live_knobs import LIVE_KNOBS, LiveTraits
from stacks.model_knobs import ModelKnobs
from stacks.platforms import FUNCTION_PLATFORMS, Platform
from stacks.policies import POLICIES, Approver, Environment, Policy
from stacks.studio_knobs import STUDIO_KNOBS, Studio

__all__ = ["POLICIES", "Approver", "Environment", "Policy", "Settings", "SettingsError"]

_TOGGLES = {"on": True, "off": False}
_OUR_KEY = re.compile(r"[a-z][a-z_]*$")


@dataclass(frozen=True, kw_only=True)
class Settings(ModelKnobs):
    """The deploy-time choices as they were given (strings), checked; the properties say what they mean."""

    environment: str = "dev"
    region: str = "us-east-1"
    segment: str = "off"
    segment_region: str = "us"
    segment_endpoint: str = ""
    segment_api_endpoint: str = ""
    segment_events_per_second: str = "500"
    segment_parallel: str = "1"
    segment_sink: str = "http"
    segment_live: str = "off"
    segment_live_seconds: str = "60"
    segment_live_percent: str = "20"
    messaging: str = "file"
    connect_instance_arn: str = ""
    connect_flow_arn: str = ""
    connect_email: str = ""
    connect_template_arn: str = ""
    connect_campaigns_from: str = ""
    connect_campaigns_until: str = ""
    connect_upload_from: str = "84000"
    personalize: str = "off"
    schedules: str = ""
    approval: str = ""
    audience_part_size: str = "10000"
    stage_function_megabytes: str = "400"
    snapshot_days: str = "7"
    landing_days: str = "30"
    consent_lock: str = "off"
    consent_years: str = "5"
    superseded_consent_years: str = ""
    api_rate: str = "50"
    api_burst: str = "100"
    api_authorizer: str = "iam"
    api_jwt_issuer: str = ""
    api_jwt_audience: str = ""
    api_edge: str = "off"
    api_edge_domain: str = ""
    api_edge_certificate_arn: str = ""
    alarm_email: str = ""
    function_platform: str = ""
    instance_type: str = "ml.m5.large"
    processing_image: str = ""
    spark_threshold_gigabytes: str = "1"
    spark_image: str = ""
    spark_instance_type: str = "ml.m5.2xlarge"
    spark_instances: str = "2"
    training_image: str = ""
    sources: str = ""
    segment_logs: str = "off"
    segment_external_id: str = ""
    segment_lambda: str = "off"
    segment_event_source: str = ""
    tills: str = "off"
    dms: str = "off"
    dms_database: str = ""
    dms_secret_arn: str = ""
    dms_secret_key_arn: str = ""
    dms_subnets: str = ""
    dms_security_groups: str = ""
    dms_tables: str = ""
    dms_capacity: str = "1"
    lake_formation: str = "off"
    admin_role: str = ""
    analyst_role: str = ""
    engineer_role: str = ""
    glue_data_quality: str = "off"
    studio: str = "off"
    studio_vpc: str = ""
    studio_subnets: str = ""
    studio_users: str = "analyst"
    trigger_time_scale: str = "1"
    twin_url: str = ""

    def __post_init__(self) -> None:
        """Check every value; raises `SettingsError`."""
        choices.check(vars(self))
        self.check_models()
        # Reading what they say is what checks them.
        _ = (self.destination_external_id, self.partner_source, self.live_traits)
        _ = (self.live_sources, self.trusted_external_id, self.database_to_replicate, self.access_by_tags)
        _ = (self.studio_domain, self.connect_instance, self.api_jwt, self.edge)

    @classmethod
    def of(cls, context: Mapping[str, object]) -> Self:
        """From context values. The CDK's own keys (they hold `:`, `@`, `-` or `/`) are passed over; an unknown key of ours is an error."""
        known = {f.name for f in fields(cls)}
        ours = {key: value for key, value in context.items() if _OUR_KEY.match(key)}
        for key in ours.keys() - known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(sorted(known))}"
            raise SettingsError(f"unknown context key {key!r}; {hint}")
        return cls(**{key: _text(value) for key, value in ours.items()})

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """From the context of the app's node."""
        return cls.of(node.get_all_context())

    @property
    def policy(self) -> Policy:
        """What the environment may lose."""
        return POLICIES[Environment(self.environment)]

    @property
    def in_sandbox(self) -> bool:
        """Whether the app goes to the laptop cloud."""
        return self.environment == Environment.SANDBOX

    @property
    def segment_on(self) -> bool:
        """Whether traits are pushed to Segment."""
        return _TOGGLES[self.segment]

    @property
    def live_traits(self) -> LiveTraits | None:
        """How live changes go back to Segment; None when they do not."""
        if not _TOGGLES[self.segment_live]:
            return None
        return LiveTraits.of({name: getattr(self, name) for name in LIVE_KNOBS}, to_api=self.segment_on and self.segment_sink == "http")

    @property
    def personalize_on(self) -> bool:
        """Whether Amazon Personalize recommends."""
        return _TOGGLES[self.personalize]

    @property
    def pinpoint_on(self) -> bool:
        """Whether messaging goes through Amazon Pinpoint."""
        return self.messaging == Messaging.PINPOINT

    @property
    def connect_on(self) -> bool:
        """Whether messaging goes through Amazon Connect's Customer Profiles."""
        return self.messaging == Messaging.CONNECT

    @property
    def connect_instance(self) -> ConnectInstance | None:
        """The instance that has campaigns; None when there are profiles and segments alone."""
        return ConnectInstance.of({name: getattr(self, name) for name in CONNECT_KNOBS})

    @property
    def live_sources(self) -> tuple[str, ...]:
        """The sources that must not fall silent."""
        return knobs.live_sources(self.sources)

    @property
    def trusted_external_id(self) -> str:
        """The workspace whose raw logs Segment may write into the landing zone; empty when none may."""
        return knobs.external_id(self.segment_external_id) if _TOGGLES[self.segment_logs] else ""

    @property
    def destination_external_id(self) -> str:
        """The workspace whose Lambda destination may invoke our function; empty when none may."""
        return knobs.external_id(self.segment_external_id, "segment_lambda=on") if _TOGGLES[self.segment_lambda] else ""

    @property
    def partner_source(self) -> str:
        """The name of Segment's EventBridge source in this account; empty when there is none."""
        return knobs.partner_source(self.segment_event_source) if self.segment_event_source else ""

    @property
    def tills_on(self) -> bool:
        """Whether tills stream their sales."""
        return _TOGGLES[self.tills]

    @property
    def database_to_replicate(self) -> knobs.Dms | None:
        """The database that DMS replicates; None when it is off."""
        return None if self.dms == "off" else knobs.Dms.of(self.dms, {name: getattr(self, name) for name in knobs.DMS_KNOBS})

    @property
    def access_by_tags(self) -> knobs.LakeFormation | None:
        """Who sees what by Lake Formation's tags; None when IAM alone says it."""
        given = {name: getattr(self, name) for name in knobs.LAKE_FORMATION_KNOBS}
        return knobs.LakeFormation.of(given) if _TOGGLES[self.lake_formation] else None

    @property
    def studio_domain(self) -> Studio | None:
        """Where notebooks run in Studio, and for whom; None when there is no domain."""
        return Studio.of({name: getattr(self, name) for name in STUDIO_KNOBS}) if _TOGGLES[self.studio] else None

    @property
    def api_jwt(self) -> Jwt | None:
        """Whose tokens the APIs believe; None where callers sign as AWS identities."""
        return Jwt.of(self.api_authorizer, {name: getattr(self, name) for name in JWT_KNOBS})

    @property
    def edge(self) -> CloudFront | None:
        """What stands in front of the recommendations API; None where callers ask it directly."""
        given = {name: getattr(self, name) for name in EDGE_KNOBS}
        return CloudFront.of(self.api_edge, given, region=self.region, authorizer=self.api_authorizer)

    @property
    def glue_data_quality_on(self) -> bool:
        """Whether Glue has the quality rules as rulesets of its own."""
        return _TOGGLES[self.glue_data_quality]

    @property
    def sources_on(self) -> bool:
        """Whether the stack of sources has anything in it."""
        return bool(self.live_sources or self.trusted_external_id or self.tills_on or self.database_to_replicate)

    @property
    def consent_lock_years(self) -> int:
        """Years for which copies of the consent log are locked; 0 without a lock."""
        return int(self.consent_years) if _TOGGLES[self.consent_lock] else 0

    @property
    def schedules_on(self) -> bool:
        """Whether schedules fire: as said, else as the environment's policy says."""
        return _TOGGLES[self.schedules] if self.schedules else self.policy.schedules

    @property
    def approval_by(self) -> Approval:
        """Who approves scores before they are sent: as said, else a person always where the policy wants one for new models."""
        by_policy = Approval.PERSON if self.policy.approver is Approver.PERSON else Approval.TOLERANCES
        return Approval(self.approval) if self.approval else by_policy

    @property
    def segment_url(self) -> str:
        """The base address of Segment's Tracking API."""
        return self.segment_endpoint or SEGMENT_ENDPOINTS[self.segment_region]

    @property
    def segment_api_url(self) -> str:
        """The base address of Segment's Public API."""
        return self.segment_api_endpoint or SEGMENT_APIS[self.segment_region]

    @property
    def platform(self) -> Platform:
        """What functions are built for: as said, else Graviton in AWS and this machine in the sandbox."""
        tag = self.function_platform or ("host" if self.in_sandbox else FUNCTION_PLATFORMS[0])
        return Platform.host() if tag == "host" else Platform.aws(tag)

    @property
    def processing_image_uri(self) -> str:
        """The container of processing steps."""
        return self.processing_image or images.image(self.region, images.PROCESSING_TAG)

    @property
    def spark_image_uri(self) -> str:
        """The container of transformations on Spark."""
        return self.spark_image or images.image(self.region, images.SPARK_TAG)

    @property
    def training_image_uri(self) -> str:
        """The container of training and transform steps."""
        return self.training_image or images.image(self.region, images.TRAINING_TAG)


def _text(value: object) -> str:
    """A context value as text: JSON booleans, and their names on a command line, become on and off."""
    text = str(value).strip()
    return {"true": "on", "false": "off"}.get(text.lower(), text)
