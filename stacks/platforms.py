"""What functions run on, in AWS and on this machine."""

import platform
import sys
from dataclasses import dataclass
from typing import Self

FUNCTION_PLATFORMS = ("aarch64-manylinux_2_28", "x86_64-manylinux_2_28", "host")
"""Tags that a deployment may choose from."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What functions run on: pip's platform tag (`host` = this machine's), Python version and Lambda's architecture."""

    tag: str
    python: str
    architecture: str

    @classmethod
    def aws(cls, tag: str = "aarch64-manylinux_2_28") -> Self:
        """Lambda's Python 3.13 on Graviton: Amazon Linux 2023 has glibc 2.34."""
        return cls(tag=tag, python="3.13", architecture="arm64" if tag.startswith("aarch64") else "x86_64")

    @classmethod
    def host(cls) -> Self:
        """The Python that is running, as the sandbox runs functions."""
        machine = platform.machine().lower()
        return cls(
            tag="host",
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture="arm64" if machine in {"arm64", "aarch64"} else "x86_64",
        )
