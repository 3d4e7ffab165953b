"""What campaigns in Amazon Connect need beside `connect_instance_arn`: a flow, a sender, a message template, and when they run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from stacks import knobs

_INSTANCE = re.compile(r"arn:aws[a-z-]*:connect:[a-z0-9-]+:\d{12}:instance/[-_.a-zA-Z0-9]+$")
_FLOW = re.compile(r"arn:aws[a-z-]*:connect:[a-z0-9-]+:\d{12}:instance/[-_.a-zA-Z0-9]+/contact-flow/[-a-zA-Z0-9]+:\d+$")
_TEMPLATE = re.compile(r"arn:aws[a-z-]*:wisdom:[a-z0-9-]+:\d{12}:message-template/[-a-zA-Z0-9]+/[-a-zA-Z0-9]+(:[$A-Z0-9]+)?$")
_EMAIL = re.compile(r"[\w.+-]+@([\w-]+\.)+[\w-]{2,4}$")
"""As CloudFormation wants it: the last part has at most four characters."""

CAMPAIGN_KNOBS = ("connect_flow_arn", "connect_email", "connect_template_arn", "connect_campaigns_from", "connect_campaigns_until")
CONNECT_KNOBS = ("connect_instance_arn", *CAMPAIGN_KNOBS)


@dataclass(frozen=True, kw_only=True)
class ConnectInstance:
    """The instance whose outbound campaigns reach the audiences of the playbook's campaigns."""

    instance_arn: str
    flow_arn: str
    email: str
    template_arn: str
    starts: str
    ends: str

    @property
    def instance_id(self) -> str:
        """The instance's id, which campaigns ask for."""
        return self.instance_arn.rpartition("/")[2]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self | None:
        """Checked; None without an instance. Raises `SettingsError`, which names what is missing."""
        if not given["connect_instance_arn"]:
            stray = [name for name in CAMPAIGN_KNOBS if given[name]]
            if stray:
                raise knobs.SettingsError(f"{stray[0]} is for campaigns in an instance; give connect_instance_arn as well, or leave it out")
            return None
        missing = [name for name in CAMPAIGN_KNOBS if not given[name]]
        if missing:
            raise knobs.SettingsError(f"connect_instance_arn needs {', '.join(missing)} as well; without it the domain has segments alone")
        home = "arn:aws:connect:us-east-1:111122223333:instance/11111111-2222-3333-4444-555555555555"
        knobs.matching("connect_instance_arn", [given["connect_instance_arn"]], _INSTANCE, home)
        knobs.matching("connect_flow_arn", [given["connect_flow_arn"]], _FLOW, f"{home}/contact-flow/…:1, the flow's version at its end")
        template = "arn:aws:wisdom:us-east-1:111122223333:message-template/<knowledge base>/<template>"
        knobs.matching("connect_template_arn", [given["connect_template_arn"]], _TEMPLATE, template)
        knobs.matching("connect_email", [given["connect_email"]], _EMAIL, "hello@example.com")
        starts, ends = (_moment(name, given[name]) for name in ("connect_campaigns_from", "connect_campaigns_until"))
        if starts >= ends:
            raise knobs.SettingsError(f"connect_campaigns_until={ends} is not after connect_campaigns_from={starts}")
        return cls(
            instance_arn=given["connect_instance_arn"], flow_arn=given["connect_flow_arn"], email=given["connect_email"],
            template_arn=given["connect_template_arn"], starts=starts, ends=ends,
        )  # fmt: skip


def _moment(name: str, value: str) -> str:
    try:
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - only its form counts
    except ValueError as wrong:
        raise knobs.SettingsError(f"{name}={value!r} is no moment; expected one in UTC, e.g. 2026-12-01T00:00:00Z") from wrong
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
