"""SageMaker's container contract on this machine: a job's folder stands in for `/opt/ml`, the checkout's Python for the image."""

import hashlib
import json
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import Process, Stop
from sandbox.twins.sagemaker.transfer import S3Object, Transfer

PREFIX = "/opt/ml"
ALONE = ("algo-1",)
_KNOWN_IMAGES = ("sagemaker-xgboost", "sagemaker-scikit-learn", "sagemaker-distribution", "sagemaker-spark-processing")
_OPT_ML = re.compile(r"(?<![\w/.-])/opt/ml(?=/|$|[^\w-])")
_INHERITED = (
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "no_proxy",
    "AWS_EC2_METADATA_DISABLED",
    "PYICEBERG_CATALOG__DEFAULT__S3__ENDPOINT",
    "LANG",
    "LC_ALL",
    "TZ",
)
"""What a job takes over from the twin server: how to reach and trust the sandbox, never its root keys."""
_TAIL = 20_000


def host_names(job: str, count: int) -> tuple[str, ...]:
    """How the hosts of a job are called; the first one is the master.

    In AWS they are algo-1, algo-2, …, names that only resolve within the job's network. Here the one host of a job is called so too,
    but several hosts are called by loopback addresses in a /24 of the job's own: every resolver knows them, each host can listen on
    its own address, and two jobs may use the same port. (Linux has all of 127.0.0.0/8; macOS only what `ifconfig lo0 alias` adds.)
    """
    if count == 1:
        return ALONE
    first, second = hashlib.sha256(job.encode()).digest()[:2]
    return tuple(f"127.{first % 253 + 1}.{second}.{number}" for number in range(1, count + 1))


@dataclass(frozen=True, kw_only=True)
class Container:
    """Where one host of a job runs. `root` stands for /opt/ml; `log` gets what its processes print."""

    directory: Path
    log: Path
    image: str
    transfer: Transfer
    environment: Mapping[str, str]
    stop: Stop
    seconds: float
    hosts: Sequence[str] = ALONE
    host: str = ALONE[0]

    def __post_init__(self) -> None:
        if not any(f"/{known}:" in self.image or self.image.endswith(f"/{known}") for known in _KNOWN_IMAGES):
            raise JobFailedError(
                f"ClientError: the sandbox has no stand-in for the image {self.image!r};"
                f" it runs {', '.join(_KNOWN_IMAGES)} with its own Python"
            )
        for folder in ("config", "model", "output/data", "input/config", "input/data", "code"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for folder in ("bin", "tmp"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        for name in ("python", "python3"):
            wrapper = self.directory / "bin" / name
            wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
            wrapper.chmod(0o755)

    @property
    def root(self) -> Path:
        """The folder that stands for /opt/ml."""
        return self.directory / "ml"

    def share(self, objects: Sequence[S3Object], source: Mapping[str, Any]) -> Sequence[S3Object]:
        """The objects of an S3 data source that this host gets: all of them, or every n-th where they are sharded by key."""
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        return objects[self.hosts.index(self.host) :: len(self.hosts)] if sharded else objects

    def path(self, name: str) -> Path:
        """The file or folder here that the job knows as `name` (below /opt/ml). JobFailedError when it lies elsewhere."""
        path = Path(self.inside(name))
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise JobFailedError(f"ClientError: {name!r} is outside of {PREFIX}, which is all that a job has here")
        return path

    def inside(self, text: str) -> str:
        """`text` with every path below /opt/ml turned into one below the job's folder."""
        return _OPT_ML.sub(lambda _: str(self.root), text)

    def write_config(self, name: str, document: Any) -> None:
        """A configuration file below /opt/ml, paths in it replaced."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self._replaced(document), default=str, indent=1))

    def write_resources(self, name: str, instance_type: str) -> None:
        """The resource configuration of this host."""
        hosts = list(self.hosts)
        group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": hosts}
        resources = {"current_host": self.host, "current_instance_type": instance_type, "current_group_name": group["instance_group_name"]}
        network = "eth0" if len(hosts) == 1 else "lo"
        self.write_config(name, {**resources, "hosts": hosts, "instance_groups": [group], "network_interface_name": network})

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], *, directory: Path | None = None, fds: Sequence[int] = ()
    ) -> Process:
        """A process of the job in the job's environment, paths replaced in both."""
        variables = self._base_environment() | {name: self.inside(value) for name, value in environment.items()}
        return Process(
            [self.inside(part) for part in command],
            environment=variables,
            directory=directory or self.directory / "tmp",
            log=self.log,
            fds=fds,
        )

    def run(self, command: Sequence[str], environment: Mapping[str, str], *, directory: Path | None = None) -> int:
        """A process to its end: its exit code. JobStoppedError, JobTimeoutError."""
        return self.start(command, environment, directory=directory).wait(self.stop, self.seconds)

    def said(self, name: str) -> str | None:
        """What the job left in a message file below /opt/ml, at most 1,024 characters; None when nothing."""
        path = self.root / name
        return (path.read_text(errors="replace").strip()[:1024] or None) if path.is_file() else None

    def last_words(self) -> str:
        """The last line of the log that says something."""
        if not self.log.exists():
            return ""
        lines = self.log.read_bytes()[-_TAIL:].decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _base_environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        path = os.pathsep.join((str(self.directory / "bin"), os.environ.get("PATH", os.defpath)))
        # Jobs share few cores here, and OpenMP's threads would otherwise burn them while they wait for each other.
        own = {
            "OMP_WAIT_POLICY": "PASSIVE",
            "PATH": path,
            "HOME": str(self.directory / "tmp"),
            "TMPDIR": str(self.directory / "tmp"),
            "PYTHONUNBUFFERED": "1",
        }
        return {"LANG": "C.UTF-8", **inherited, **own, **self.environment}

    def _replaced(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.inside(value)
        if isinstance(value, dict):
            return {key: self._replaced(item) for key, item in value.items()}
        return [self._replaced(item) for item in value] if isinstance(value, list) else value
