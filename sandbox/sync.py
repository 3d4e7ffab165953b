"""Changed code into the sandbox in seconds: the package of one function, rebuilt and swapped in place."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.inventory import Resource, function_named
from sandbox.state import ACCOUNT, REGION, Sandbox
from stacks.components import packages
from stacks.platforms import Platform

ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


@dataclass(frozen=True)
class Synced:
    """The function whose code was replaced, and the digest of its new package; `changed` is False when it was the same."""

    function: Resource
    digest: str
    changed: bool


def sync(sandbox: Sandbox, function: str) -> Synced:
    """Rebuild the package of the function that the name means and put it into the sandbox.

    Dependencies are those of the last deployment: a SandboxError says so when they are not.
    """
    cloud = Cloud.of_sandbox(sandbox)
    found = function_named(cloud, function)
    deployed = deployed_package(sandbox.directory / "assembly", found)
    try:
        kind = kind_of(deployed)
        package = packages.archive(kind, Platform.host())
    except packages.PackageError as error:
        raise SandboxError(f"building the package of {found.label}", str(error)) from error
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    try:
        return Synced(found, digest, _put(cloud, found, package, digest))
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"updating {found.label}", str(error), log=sandbox.logs / "ministack.log") from error


def _put(cloud: Cloud, function: Resource, package: Path, digest: str) -> bool:
    functions = cloud.client("lambda")
    before = functions.get_function_configuration(FunctionName=function.id)["CodeSha256"]
    key = f"{digest}.zip"
    cloud.client("s3").upload_file(str(package), ASSETS_BUCKET, key)
    after = functions.update_function_code(FunctionName=function.id, S3Bucket=ASSETS_BUCKET, S3Key=key)["CodeSha256"]
    return bool(before != after)


def deployed_package(assembly: Path, function: Resource) -> Path:
    """The zip file that the last deployment gave to the function."""
    artifacts = _read(assembly / "manifest.json")["artifacts"]
    [name] = [name for name, artifact in artifacts.items() if artifact.get("properties", {}).get("stackName", name) == function.stack]
    template = _read(assembly / str(artifacts[name]["properties"]["templateFile"]))
    key = template["Resources"][function.logical_id]["Properties"]["Code"].get("S3Key", "")
    manifest = _read(assembly / f"{name}.assets.json")
    source = manifest["files"].get(Path(str(key)).stem, {}).get("source", {})
    if source.get("packaging") != "file":
        raise SandboxError(f"finding the package of {function.label}", "it is not one of the app's own packages", hint="omni deploy")
    return assembly / str(source["path"])


def kind_of(deployed: Path) -> packages.Kind:
    """The kind whose wheels the deployed package holds."""
    wanted = _wheels(deployed)
    for kind in packages.Kind:
        if _wheels(packages.archive(kind, Platform.host())) == wanted:
            return kind
    raise SandboxError("building the package", "its dependencies have changed since the last deployment", hint="omni deploy")


def _wheels(package: Path) -> frozenset[str]:
    """The entries that are not our own source."""
    own = tuple(f"{source}/" for source in packages.SOURCES)
    with zipfile.ZipFile(package) as bundle:
        return frozenset(name for name in bundle.namelist() if not name.startswith(own))


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise SandboxError("finding the last deployment", f"{path} is not there", hint="omni deploy") from error
    return content
