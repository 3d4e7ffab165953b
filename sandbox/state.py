"""What is known about one sandbox: its folder, ports, keys and processes.

The folder holds `state.json` (readable by its owner only: it has the root key), `certificate.pem` and `key.pem`
(the servers' own), `ca.pem` (that certificate and the system's), `logs/`, `tmp/`, `s3/` and `twins/`.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

from sandbox.errors import SandboxError

ROOT = Path(__file__).resolve().parents[1]
ACCOUNT = "000000000000"
REGION = "us-east-1"
HOST = "127.0.0.1"
TWIN_SERVICES = (
    "sagemaker", "pinpoint", "personalize", "personalize-events", "personalize-runtime", "customer-profiles", "connectcampaignsv2",
)  # fmt: skip
"""Services that a twin answers, by botocore's names."""

NO_PROXY = f"{HOST},localhost"

MARKER = "OMNI_SANDBOX_PROCESS"
"""Environment variable of every process that belongs to a sandbox; its value is the sandbox's folder."""


def home() -> Path:
    """Where sandboxes live: `OMNI_SANDBOX_HOME`, or `.sandbox` in the checkout."""
    return Path(os.environ.get("OMNI_SANDBOX_HOME") or ROOT / ".sandbox").resolve()


def directory_of(name: str) -> Path:
    """The folder of the sandbox with that name; the name is one path segment."""
    if not name or name in (".", "..") or Path(name).name != name:
        raise SandboxError("naming the sandbox", f"{name!r} is not a name", hint="letters, digits and dashes, such as --name second")
    return home() / name


def command_for(command: str, name: str) -> str:
    """The command as it has to be typed for that sandbox: `omni up` for the usual one, else with its name."""
    return command if name == "default" else f"{command} --name {name}"


def endpoint_variable(service: str) -> str:
    """The variable that sends one service's calls elsewhere: `personalize-events` -> `AWS_ENDPOINT_URL_PERSONALIZE_EVENTS`."""
    return f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """A process by its id and the second it started, so that a reused id is never mistaken for it."""

    pid: int
    created: float


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """One sandbox. `processes` is by service name (`ministack`, `twins`); `started` is ISO 8601 UTC."""

    directory: Path
    port: int
    twin_port: int
    access_key: str
    secret_key: str
    started: str = ""
    bootstrapped: bool = False
    processes: dict[str, ProcessRecord] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the folder."""
        return self.directory.name

    @property
    def endpoint(self) -> str:
        """MiniStack's URL."""
        return f"https://{HOST}:{self.port}"

    @property
    def twin_url(self) -> str:
        """The twin server's URL."""
        return f"https://{HOST}:{self.twin_port}"

    @property
    def logs(self) -> Path:
        """Where every process and step writes its log."""
        return self.directory / "logs"

    @property
    def ca_bundle(self) -> Path:
        """Certificates to trust: the sandbox's own and the system's."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The servers' certificate, PEM."""
        return self.directory / "certificate.pem"

    @property
    def key(self) -> Path:
        """The servers' private key, PEM."""
        return self.directory / "key.pem"

    def trust(self) -> dict[str, str]:
        """Environment under which Python, Node and botocore trust the sandbox's certificate."""
        bundle = str(self.ca_bundle)
        return {"AWS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle, "NODE_EXTRA_CA_CERTS": bundle}

    def environ(self) -> dict[str, str]:
        """Environment of anything that talks to the sandbox as its root user."""
        twins = {endpoint_variable(service): f"{self.twin_url}/aws/{service}" for service in TWIN_SERVICES}
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYICEBERG_CATALOG__DEFAULT__S3__ENDPOINT": self.endpoint,
            "NO_PROXY": NO_PROXY,
            "no_proxy": NO_PROXY,
            **self.trust(),
            **twins,
        }

    def environ_over(self, base: Mapping[str, str]) -> dict[str, str]:
        """A process's environment with the sandbox in place of whatever AWS account it pointed at."""
        kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
        files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return kept | files | self.environ()

    def with_processes(self, processes: dict[str, ProcessRecord]) -> Self:
        """The same sandbox with other processes."""
        return replace(self, processes=processes)

    def save(self) -> None:
        """Write `state.json` in one step, so that a reader never sees half of it."""
        state = asdict(self)
        state["directory"] = str(self.directory)
        temporary = self.directory / "state.json.new"
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(state, indent=2) + "\n")
        temporary.replace(self.directory / "state.json")

    @classmethod
    def load(cls, directory: Path) -> Self:
        """From `state.json`; a missing or unreadable one is a SandboxError that says how to start a sandbox."""
        path = directory / "state.json"
        try:
            state = json.loads(path.read_text())
            processes = {name: ProcessRecord(**record) for name, record in state.pop("processes").items()}
            return cls(**(state | {"directory": directory, "processes": processes}))
        except FileNotFoundError as error:
            reason = f"there is none in {directory}"
            raise SandboxError("finding the sandbox", reason, hint=command_for("omni up", directory.name)) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            hint = f"{command_for('omni down --wipe', directory.name)}, then {command_for('omni up', directory.name)}"
            raise SandboxError("reading the sandbox's state", f"{path}: {error}", hint=hint) from error


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the folder's lock; a second command that would change the same sandbox is refused at once.

    The lock is a file beside the folder and goes with the process, killed or not.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with (directory.parent / f".{directory.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            reason = "another omni command is starting, stopping or deploying it"
            raise SandboxError(f"changing the sandbox {directory.name}", reason, hint="wait for it to end") from error
        yield
