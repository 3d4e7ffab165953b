"""What `studio=on` needs beside the switch: the network that its spaces live in, and who gets a profile."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from stacks import knobs

_VPC = re.compile(r"vpc-[0-9a-f]{8,17}$")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}$")
_PROFILE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")

STUDIO_KNOBS = ("studio_vpc", "studio_subnets", "studio_users")


@dataclass(frozen=True, kw_only=True)
class Studio:
    """A SageMaker Studio domain: its spaces reach AWS and the package index through these subnets, and through nothing else."""

    vpc: str
    subnets: tuple[str, ...]
    users: tuple[str, ...]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Checked: every value is there and looks right. Raises `SettingsError`."""
        knobs.needed("studio=on", {name: given[name] for name in STUDIO_KNOBS})
        knobs.matching("studio_vpc", [given["studio_vpc"]], _VPC, "vpc-0a1b2c3d4e5f60718")
        subnets, users = knobs.listed(given["studio_subnets"]), knobs.listed(given["studio_users"])
        knobs.matching("studio_subnets", subnets, _SUBNET, "subnet-0a1b2c3d4e5f60718,subnet-1a2b3c4d5e6f70819")
        knobs.matching("studio_users", users, _PROFILE, "anna,ben-of-marketing: letters, digits and hyphens")
        return cls(vpc=given["studio_vpc"], subnets=subnets, users=tuple(dict.fromkeys(users)))
