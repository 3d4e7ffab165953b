"""Pinpoint's import jobs: files read from S3 as the job's role, endpoints registered, a segment defined."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.cloud import Cloud
from sandbox.twins.pinpoint.endpoints import Endpoint, InvalidEndpointError, from_columns, unknown_headers

MAX_FILE = 1024**3
MAX_FAILURES = 100
"""How many failures a job names; it counts them all."""
Register = Callable[[Endpoint], Endpoint]


class JobFailedError(Exception):
    """A job that could not be done; the text is what the job says."""


@dataclass(kw_only=True)
class Progress:
    """What a job has done so far. A piece is a file."""

    pieces: int = 0
    completed: int = 0
    failed: int = 0
    processed: int = 0
    failures: list[str] = field(default_factory=list)
    total_failures: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    members: list[str] = field(default_factory=list)
    size: int = 0

    def fail(self, what: str) -> None:
        """Counts a failure, and names it while there is room."""
        self.total_failures += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(what)

    def counts(self) -> dict[str, Any]:
        """As GetImportJob shows it."""
        return {
            "TotalPieces": self.pieces,
            "CompletedPieces": self.completed,
            "FailedPieces": self.failed,
            "TotalProcessed": self.processed,
            "TotalFailures": self.total_failures,
            "Failures": self.failures,
        }


def run(definition: dict[str, Any], cloud: Cloud, register: Register, told: Callable[[Progress], object]) -> Progress:
    """Imports every file under the job's S3Url; tells its progress after each. Raises `JobFailedError`."""
    progress = Progress()
    try:
        s3 = cloud.client("s3", definition["RoleArn"], session="pinpoint-import")
        bucket, files = _files(s3, definition["S3Url"])
        progress.pieces = len(files)
        for key in files:
            _import_file(s3, bucket, key, definition, register, progress)
            told(progress)
    except (ClientError, BotoCoreError) as error:
        raise JobFailedError(f"S3 or the role refused: {error}") from error
    if progress.completed == 0:
        raise JobFailedError("; ".join(progress.failures) or "no file could be imported")
    return progress


def _files(s3: Any, url: str) -> tuple[str, list[str]]:
    """The bucket, and the keys of the file or of the files in the folder."""
    parts = urlsplit(url)
    bucket, prefix = parts.netloc, parts.path.lstrip("/")
    if parts.scheme != "s3" or not bucket:
        raise JobFailedError(f"S3Url {url!r} is not s3://bucket/key")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [each for page in pages for each in page.get("Contents", ())]
    below = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    files = [each for each in found if each["Key"] == prefix or each["Key"].startswith(below)]
    files = [each for each in files if each["Size"] and not each["Key"].endswith("/")]
    if not files:
        raise JobFailedError(f"no file at {url}")
    if sum(each["Size"] for each in files) > MAX_FILE:
        raise JobFailedError("more than 1 GB")
    return bucket, [each["Key"] for each in files]


def _import_file(s3: Any, bucket: str, key: str, definition: dict[str, Any], register: Register, progress: Progress) -> None:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    progress.size += len(body)
    name = key.rsplit("/", 1)[-1]
    try:
        for line, read in _READERS[definition["Format"]](body.decode("utf-8-sig")):
            progress.processed += 1
            _take(f"{name} line {line}", read, definition, register, progress)
    except (UnicodeDecodeError, JobFailedError, csv.Error) as error:
        progress.failed += 1
        progress.fail(f"{name}: {'not UTF-8 text' if isinstance(error, UnicodeDecodeError) else error}")
    else:
        progress.completed += 1


def _take(where: str, read: Callable[[], Endpoint], definition: dict[str, Any], register: Register, progress: Progress) -> None:
    """Registers one endpoint of a file, or names why not."""
    named = ""
    try:
        update = read()
        named = f" endpoint {update['Id']}" if update.get("Id") else ""
        endpoint = register(update) if definition.get("RegisterEndpoints", True) else update
    except InvalidEndpointError as error:
        progress.fail(f"{where}{named}: {error}")
    else:
        progress.channels[str(endpoint.get("ChannelType"))] += 1
        progress.members.append(str(endpoint["Id"]))


def _csv(text: str) -> Iterator[tuple[int, Callable[[], Endpoint]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if unknown := unknown_headers(list(reader.fieldnames or [])):
        raise JobFailedError(f"unknown columns {', '.join(unknown)}")
    for number, row in enumerate(reader, start=2):
        yield number, _reader_of_row(row)


def _reader_of_row(row: dict[str, Any]) -> Callable[[], Endpoint]:
    def read() -> Endpoint:
        if None in row or None in row.values():
            raise InvalidEndpointError("a row with another number of cells than the header")
        return from_columns(row)

    return read


def _json_lines(text: str) -> Iterator[tuple[int, Callable[[], Endpoint]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _reader_of_line(line)


def _reader_of_line(line: str) -> Callable[[], Endpoint]:
    def read() -> Endpoint:
        try:
            endpoint = json.loads(line)
        except ValueError:
            raise InvalidEndpointError("not JSON") from None
        if not isinstance(endpoint, dict):
            raise InvalidEndpointError("not a JSON object")
        return endpoint

    return read


_READERS = {"CSV": _csv, "JSON": _json_lines}
