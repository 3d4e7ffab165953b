"""What values the choices of a deployment may have, each and beside each other; each refusal says what would work."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from omnichannel.contracts.reviews import Approval
from stacks import images, knobs
from stacks.knobs import SettingsError
from stacks.platforms import FUNCTION_PLATFORMS
from stacks.policies import Environment


class Messaging(StrEnum):
    """Adapters of the messaging port."""

    FILE = "file"
    PINPOINT = "pinpoint"
    CONNECT = "connect"


SEGMENT_ENDPOINTS = {"us": "https://api.segment.io/v1/", "eu": "https://events.eu1.segmentapis.com/v1/"}
"""Segment's Tracking API by the region of the workspace."""
SEGMENT_APIS = {"us": "https://api.segmentapis.com/", "eu": "https://eu1.api.segmentapis.com/"}
"""Segment's Public API, which takes regulations, by the region of the workspace."""
DMS_ENGINES = ("sqlserver", "oracle")
"""Source databases, as DMS names its engines."""

SWITCHES = (
    "consent_lock",
    "glue_data_quality",
    "lake_formation",
    "personalize",
    "segment",
    "segment_lambda",
    "segment_live",
    "segment_logs",
    "studio",
    "tills",
)
"""Choices that are on or off."""

WORDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(SWITCHES, ("on", "off")),
    "environment": [e.value for e in Environment],
    "schedules": ("", "on", "off"),
    "approval": ("", *(a.value for a in Approval)),
    "segment_region": sorted(SEGMENT_ENDPOINTS),
    "segment_sink": ("http", "files"),
    "messaging": [m.value for m in Messaging],
    "function_platform": ("", *FUNCTION_PLATFORMS),
    "region": sorted(images.REGISTRY_ACCOUNTS),
    "dms": ("off", *DMS_ENGINES),
}
"""Choices that are one of a few words."""

NUMBERS = {
    "segment_events_per_second": (1, 1000),
    "segment_parallel": (1, 10),
    "audience_part_size": (1_000, 100_000),
    "connect_upload_from": (0, 100_000_000),
    "stage_function_megabytes": (1, 1000),
    "spark_threshold_gigabytes": (1, 1000),
    "spark_instances": (1, 20),
    "snapshot_days": (1, 365),
    "landing_days": (1, 365),
    "consent_years": (1, 30),
    "api_rate": (1, 10_000),
    "api_burst": (1, 5_000),
    "trigger_time_scale": (1, 3600),
}
"""Choices that are whole numbers: the least and the most."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+$")


def check(values: Mapping[str, str]) -> None:
    """Every value by itself, then what goes with what; raises `SettingsError`."""
    for name, words in WORDS.items():
        knobs.one_of(name, values[name], words)
    for name, (least, most) in NUMBERS.items():
        knobs.whole(name, values[name], least=least, most=most)
    if superseded := values["superseded_consent_years"]:
        knobs.whole("superseded_consent_years", superseded, most=30)
    _check_addresses(values["segment_endpoint"], values["alarm_email"])
    _check_region(values["region"], personalize=values["personalize"] == "on", messaging=values["messaging"])
    _check_places(values)


def _check_addresses(endpoint: str, email: str) -> None:
    if endpoint and not endpoint.startswith("https://"):
        raise SettingsError(f"segment_endpoint={endpoint!r} is not an https address; expected e.g. {SEGMENT_ENDPOINTS['us']}")
    if email and not _EMAIL.match(email):
        raise SettingsError(f"alarm_email={email!r} is no e-mail address; expected name@example.com, or leave it out")


def _check_region(region: str, *, personalize: bool, messaging: str) -> None:
    """The region has the services that are asked for."""
    if personalize and region not in images.PERSONALIZE_REGIONS:
        raise SettingsError(
            f"personalize=on, but region {region} has no Amazon Personalize; "
            f"expected one of {', '.join(sorted(images.PERSONALIZE_REGIONS))}, or personalize=off"
        )
    if messaging == Messaging.PINPOINT and region not in images.PINPOINT_REGIONS:
        raise SettingsError(
            f"messaging=pinpoint, but region {region} never had Amazon Pinpoint; "
            f"expected one of {', '.join(sorted(images.PINPOINT_REGIONS))}, or messaging=file"
        )
    if messaging == Messaging.CONNECT and region not in images.CONNECT_REGIONS:
        raise SettingsError(
            f"messaging=connect, but region {region} has no Customer Profiles and outbound campaigns; "
            f"expected one of {', '.join(sorted(images.CONNECT_REGIONS))}, or messaging=file"
        )


def _check_places(values: Mapping[str, str]) -> None:
    """What is for one adapter or one environment is given with it only."""
    if values["connect_instance_arn"] and values["messaging"] != Messaging.CONNECT:
        raise SettingsError(f"connect_instance_arn is for messaging=connect; got messaging={values['messaging']}")
    if values["twin_url"] and values["environment"] != Environment.SANDBOX:
        raise SettingsError(f"twin_url is for environment=sandbox only; got environment={values['environment']}")
