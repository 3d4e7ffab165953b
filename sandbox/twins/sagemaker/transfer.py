"""Data between S3 and a job's folder, with the job's own permissions."""

import gzip
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import Stop

_LARGE = 8 * 1024 * 1024


@dataclass(frozen=True)
class S3Object:
    """An object below a prefix, its path relative to that prefix, and its size in bytes where that is known."""

    bucket: str
    key: str
    path: PurePosixPath
    size: int | None = None


class Transfer:
    """Moves objects as one role. Every failure is a JobFailedError in SageMaker's words."""

    def __init__(self, s3: Any, role_arn: str, region: str, stop: Stop) -> None:
        self._s3 = s3
        self._role_arn = role_arn
        self._region = region
        self._stop = stop

    def objects(self, uri: str) -> list[S3Object]:
        """All objects of an S3 prefix, or the one object of that key. JobFailedError when there is none."""
        bucket, prefix = split(uri)
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            listed = [(item["Key"], item["Size"]) for page in pages for item in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as error:
            raise JobFailedError(f"ClientError: Data download failed: {error} (listing {uri} as {self._role_arn})") from error
        found = [S3Object(bucket, key, _relative(key, prefix), size) for key, size in listed if not key.endswith("/")]
        if not found:
            raise JobFailedError(
                f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists'
                f" in the selected region ({self._region}), that objects exist under that S3 prefix, and that the role"
                f' "{self._role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".'
            )
        return found

    def download(self, objects: Sequence[S3Object], directory: Path, *, gunzip: bool = False) -> list[Path]:
        """Objects into a folder, keeping their relative paths."""
        return [self.fetch(each, directory, gunzip=gunzip) for each in objects]

    def fetch(self, item: S3Object, directory: Path, *, gunzip: bool = False) -> Path:
        """One object into a folder under its relative path, which cannot lead out of the folder."""
        self._stop.check()
        target = directory.joinpath(item.path)
        if not target.resolve().is_relative_to(directory.resolve()):
            raise JobFailedError(f"ClientError: the key s3://{item.bucket}/{item.key} leads out of the job's folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._save(item, target)
        except (ClientError, BotoCoreError) as error:
            raise JobFailedError(
                f"ClientError: Data download failed: {error} (s3://{item.bucket}/{item.key} as {self._role_arn})"
            ) from error
        if gunzip:
            packed = target.rename(target.with_name(f"{target.name}.packed"))
            with gzip.open(packed) as source, target.open("wb") as plain:
                shutil.copyfileobj(source, plain)
            packed.unlink()
        return target

    def unpack(self, uri: str, directory: Path) -> None:
        """A tar.gz from S3, unpacked into a folder."""
        bucket, key = split(uri)
        archive = self.fetch(S3Object(bucket, key, PurePosixPath(PurePosixPath(key).name)), directory.parent)
        directory.mkdir(parents=True, exist_ok=True)
        # tar needs a tenth of the time that Python's own module needs, and neither lets a member out of the folder.
        tar = ["tar", "-xzf", str(archive), "-C", str(directory), "--no-same-owner", "--no-same-permissions"]
        done = subprocess.run(tar, capture_output=True, text=True, check=False)
        archive.unlink()
        if done.returncode:
            raise JobFailedError(f"ClientError: {uri} cannot be unpacked: {done.stderr.strip()}")

    def _save(self, item: S3Object, target: Path) -> None:
        if item.size is None or item.size > _LARGE:
            self._s3.download_file(item.bucket, item.key, str(target))
            return
        # One request and no threads, where boto3's manager of transfers makes two requests and starts a pool.
        with target.open("wb") as file:
            shutil.copyfileobj(self._s3.get_object(Bucket=item.bucket, Key=item.key)["Body"], file)

    def upload(self, directory: Path, uri: str, kms_key: str | None = None) -> None:
        """All files of a folder, each to its relative path below a prefix."""
        for path in _files(directory):
            self.put(path, f"{uri.rstrip('/')}/{path.relative_to(directory).as_posix()}", kms_key)

    def put(self, path: Path, uri: str, kms_key: str | None = None) -> None:
        """One file to one key."""
        self._stop.check()
        bucket, key = split(uri)
        extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        try:
            self._s3.upload_file(str(path), bucket, key, ExtraArgs=extra)
        except (ClientError, BotoCoreError, OSError) as error:
            raise JobFailedError(f"ClientError: Data upload failed: {error} ({uri} as {self._role_arn})") from error


def split(uri: str) -> tuple[str, str]:
    """(bucket, key) of an s3:// URI. JobFailedError when it is none."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise JobFailedError(f"ClientError: {uri!r} is not an S3 URI; expected s3://bucket/key")
    return bucket, key


def pack(directories: Sequence[Path], archive: Path) -> None:
    """The contents of the folders of all hosts as one tar.gz. JobFailedError when two of them hold a file of the same name."""
    members: dict[str, Path] = {}
    for path in (path for directory in directories for path in sorted(directory.rglob("*"))):
        name = path.relative_to(next(directory for directory in directories if path.is_relative_to(directory))).as_posix()
        if name in members and not (path.is_dir() and members[name].is_dir()):
            raise JobFailedError(
                f"ClientError: several hosts wrote {name}; what hosts write becomes one archive, in which names must not clash."
                " Write it on one host only"
            )
        members.setdefault(name, path)
    # The fastest level: archives here are read back by the next step on the same machine.
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        for name, path in members.items():
            packed.add(path, arcname=name, recursive=False)


def read_json(s3: Any, uri: str) -> Any:
    """The JSON document at an S3 URI. botocore's ClientError or ValueError when it cannot be had or is none."""
    bucket, key = split(uri)
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())


def _relative(key: str, prefix: str) -> PurePosixPath:
    if key == prefix or not key.startswith(f"{prefix.rstrip('/')}/"):
        # The prefix names the object itself, or ends in the middle of a name: paths start at that name.
        return PurePosixPath(key[prefix.rfind("/") + 1 :])
    return PurePosixPath(key[len(prefix.rstrip("/")) + 1 :] if prefix else key)
