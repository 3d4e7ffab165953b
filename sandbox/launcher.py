"""Start and stop a sandbox: MiniStack and the twin server, on 127.0.0.1 only.

A sandbox that was stopped or killed starts empty and is deployed again: MiniStack writes its state down only when it ends in good order,
which it does not while anything is connected, and what then comes back is half of it (objects without the tables that name them).
"""

import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sandbox import certificate, processes
from sandbox.errors import SandboxError
from sandbox.state import HOST, REGION, Sandbox, command_for, locked

FREE_BYTES = 1 << 30
START_SECONDS = 60.0
POLL_SECONDS = 0.05
INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
LEFTOVERS = ("tmp", "s3", "twins", "state.json", "certificate.pem", "key.pem", "ca.pem", "assembly", "outputs.json")
"""What a fresh start does not take over; logs are kept as `logs.previous`."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One server process of the sandbox."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    health: str


@dataclass(frozen=True, kw_only=True)
class Started:
    """What `up` did: `fresh` sandboxes are empty, `replaced` ones took the place of a dead or stopped one."""

    sandbox: Sandbox
    fresh: bool
    replaced: bool
    seconds: float


def services(sandbox: Sandbox) -> tuple[Service, ...]:
    """MiniStack and the twins, in the order in which they start."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    ministack = inherited | sandbox.trust() | _ministack_environ(sandbox)
    address = f"{HOST}:{sandbox.port}"
    tls = ("--certfile", str(sandbox.certificate), "--keyfile", str(sandbox.key))
    server = ("-m", "hypercorn", "--workers", "0", "--bind", address, *tls, "--keep-alive", "75", "--graceful-timeout", "1")
    material = ("--certificate", str(sandbox.certificate), "--key", str(sandbox.key))
    twins = ("--directory", str(sandbox.directory), "--port", str(sandbox.twin_port), "--endpoint", sandbox.endpoint, *material)
    return (
        # MiniStack's own command would listen on port 443 as well; the server that it uses does not.
        Service(
            name="ministack",
            command=(sys.executable, *server, "sandbox.gateway:app"),
            environ=ministack,
            health=f"{sandbox.endpoint}/_ministack/health",
        ),
        Service(
            name="twins",
            command=(sys.executable, "-m", "sandbox.twins", *twins),
            environ=inherited | sandbox.environ() | {"TMPDIR": str(sandbox.directory / "tmp")},
            health=f"{sandbox.twin_url}/health",
        ),
    )


def _ministack_environ(sandbox: Sandbox) -> dict[str, str]:
    """MiniStack's settings; its functions inherit them, hence the endpoint and the trust."""
    return {
        "AUTH": "true",
        # Functions that have nothing to do give their memory back; starting one again takes a second.
        "LAMBDA_WARM_TTL_SECONDS": "10",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(sandbox.certificate),
        "MINISTACK_SSL_KEY": str(sandbox.key),
        "MINISTACK_HOST": HOST,
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(sandbox.port),
        "MINISTACK_REGION": REGION,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "S3_DATA_DIR": str(sandbox.directory / "s3"),
        "TMPDIR": str(sandbox.directory / "tmp"),
        "AWS_ACCESS_KEY_ID": sandbox.access_key,
        "AWS_SECRET_ACCESS_KEY": sandbox.secret_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": sandbox.endpoint,
        "PYICEBERG_CATALOG__DEFAULT__S3__ENDPOINT": sandbox.endpoint,
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }


def up(
    directory: Path,
    *,
    port: int | None = None,
    twin_port: int | None = None,
    services_of: Callable[[Sandbox], Sequence[Service]] = services,
    now: Callable[[], datetime] = certificate.utc_now,
) -> Started:
    """A running sandbox in that folder: the one that runs already, or a fresh and empty one.

    A sandbox whose processes are gone, half gone or deaf is cleared away first. Raises SandboxError.
    """
    begun = time.monotonic()
    with locked(directory):
        known = _known(directory)
        if known and _healthy(known, services_of(known)):
            _same_ports(known, port, twin_port)
            return Started(sandbox=known, fresh=False, replaced=False, seconds=time.monotonic() - begun)
        processes.end(directory, tuple(known.processes.values()) if known else ())
        try:
            sandbox = _prepare(directory, _port(port), _port(twin_port), now())
            sandbox = _start(sandbox, services_of(sandbox))
        except OSError as error:
            raise SandboxError("starting the sandbox", str(error), log=directory / "logs", hint="check the disk and its rights") from error
        return Started(sandbox=sandbox, fresh=True, replaced=known is not None, seconds=time.monotonic() - begun)


def down(directory: Path, *, wipe: bool = False, tell: Callable[[str], None] = lambda _: None) -> int:
    """End every process of the sandbox, and with `wipe` forget its folder; the number of processes ended."""
    with locked(directory):
        known = _known(directory)
        ended = processes.end(directory, tuple(known.processes.values()) if known else (), tell)
        if known:
            known.with_processes({}).save()
        if wipe and directory.exists():
            _wipe(directory, tell)
    return ended


def _wipe(directory: Path, tell: Callable[[str], None]) -> None:
    """Remove the folder bit by bit: it may hold gigabytes of unpacked packages, which takes a busy disk minutes."""
    bits = [*directory.glob("*/*"), *directory.iterdir()]
    for number, bit in enumerate(bits, start=1):
        tell(f"removing its folder, {number} of {len(bits)}")
        shutil.rmtree(bit) if bit.is_dir() and not bit.is_symlink() else bit.unlink(missing_ok=True)
    directory.rmdir()


def running(directory: Path) -> Sandbox:
    """The sandbox of that folder, all of its processes alive; else a SandboxError that says to start it."""
    sandbox = Sandbox.load(directory)
    gone = [name for name, known in sandbox.processes.items() if not processes.alive(known)]
    if not sandbox.processes or gone:
        reason = f"{', '.join(gone) or 'every process'} of {sandbox.name} is not running"
        raise SandboxError("finding the sandbox", reason, log=sandbox.logs, hint=command_for("omni up", sandbox.name))
    return sandbox


def _known(directory: Path) -> Sandbox | None:
    """What the state file says; one that cannot be read is as good as none, its processes carry the marker."""
    try:
        return Sandbox.load(directory)
    except SandboxError:
        return None


def _healthy(sandbox: Sandbox, expected: Sequence[Service]) -> bool:
    return all(
        service.name in sandbox.processes and processes.alive(sandbox.processes[service.name]) and _answers(service.health, sandbox, 5.0)
        for service in expected
    )


def _same_ports(sandbox: Sandbox, port: int | None, twin_port: int | None) -> None:
    if port not in (None, sandbox.port) or twin_port not in (None, sandbox.twin_port):
        reason = f"{sandbox.name} already runs on ports {sandbox.port} and {sandbox.twin_port}"
        raise SandboxError("starting the sandbox", reason, hint="omni down first, or --name for a second sandbox")


def _port(requested: int | None) -> int:
    """The requested port, which must be free, or any free one."""
    with socket.socket() as probe:
        # A port whose last connections are still closing down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, requested or 0))
        except (OSError, OverflowError) as error:
            hint = "another --port, or none: a free one is then chosen"
            reason = f"port {requested} cannot be used: {getattr(error, 'strerror', None) or error}"
            raise SandboxError("starting the sandbox", reason, hint=hint) from error
        return int(probe.getsockname()[1])


def _prepare(directory: Path, port: int, twin_port: int, now: datetime) -> Sandbox:
    """An empty folder with a certificate, root keys and the state that says so."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    free = shutil.disk_usage(directory).free
    if free < FREE_BYTES:
        reason = f"{directory} has {free >> 20} MB of disk left; a sandbox wants {FREE_BYTES >> 20} MB"
        raise SandboxError("starting the sandbox", reason, hint="free some disk, or set OMNI_SANDBOX_HOME to a folder elsewhere")
    for name in LEFTOVERS:
        path = directory / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if (directory / "logs").exists():
        shutil.rmtree(directory / "logs.previous", ignore_errors=True)
        (directory / "logs").rename(directory / "logs.previous")
    for name in ("logs", "tmp", "s3", "twins"):
        (directory / name).mkdir()
    sandbox = Sandbox(
        directory=directory,
        port=port,
        twin_port=twin_port,
        access_key="AKIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16)),
        secret_key=secrets.token_urlsafe(30),
        started=now.isoformat(timespec="seconds"),
    )
    certificate.write_certificate(sandbox.certificate, sandbox.key, sandbox.ca_bundle, now=now)
    sandbox.save()
    return sandbox


def _start(sandbox: Sandbox, wanted: Sequence[Service]) -> Sandbox:
    """Start every service and wait until each answers; if one does not, end them all."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for service in wanted:
            log = sandbox.logs / f"{service.name}.log"
            process = processes.spawn(service.command, service.environ, directory=sandbox.directory, log=log)
            started[service.name] = process
            sandbox = replace(sandbox, processes=sandbox.processes | {service.name: processes.record(process)})
            sandbox.save()
        for service in wanted:
            _wait(service, sandbox, started[service.name])
    except BaseException:
        processes.end(sandbox.directory, tuple(sandbox.processes.values()))
        sandbox.with_processes({}).save()
        raise
    return sandbox


def _wait(service: Service, sandbox: Sandbox, process: subprocess.Popen[bytes]) -> None:
    log = sandbox.logs / f"{service.name}.log"
    deadline = time.monotonic() + START_SECONDS
    while not _answers(service.health, sandbox, 1.0):
        if process.poll() is not None:
            raise SandboxError(f"starting {service.name}", f"it ended with code {process.returncode}: {tail(log)}", log=log)
        if time.monotonic() > deadline:
            reason = f"no answer from {service.health} in {START_SECONDS:.0f} s: {tail(log)}"
            raise SandboxError(f"starting {service.name}", reason, log=log)
        time.sleep(POLL_SECONDS)


def _answers(url: str, sandbox: Sandbox, timeout: float) -> bool:
    context = ssl.create_default_context(cafile=sandbox.certificate)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=timeout) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log that are not empty, joined by ` | `."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-lines:]) or "its log is empty"
