"""Onboarding as it is deployed, in one process: real functions against moto, a proxy between them that can break calls."""

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import requests
from botocore import endpoint
from botocore.config import Config
from moto.server import ThreadedMotoServer

from lambdas import commit_files, stage_file
from omnichannel.aws import clients, iceberg
from omnichannel.aws.dynamodb import decode
from omnichannel.contracts.datasets import BY_NAME
from omnichannel.contracts.environment.onboarding import CommitFilesEnv, StageFileEnv
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding.migrate import migrate
from omnichannel.onboarding.read import scan
from tests.faults.files import File
from tests.faults.killing import Killed
from tests.faults.matrix import Outcome
from tests.faults.proxy import Proxy, proxy

LANDING, LAKE, QUARANTINE, DATABASE, HISTORY = "landing", "lake", "quarantine", "trusted", "history"
DELIVERIES = 5
"""How often a queue delivers a message before it becomes a dead letter."""
BATCH = 10
PATIENCE_SECONDS = 5
"""Beyond this a call hangs; a busy machine answers within it."""


@dataclass
class Context:
    """What a function is told of its invocation."""

    memory_limit_in_mb: str = "2048"
    aws_request_id: str = "faults"


@dataclass
class World:
    """Queues between the functions, as plain lists; everything else as deployed."""

    proxy: Proxy
    upstream: str
    landed: list[dict[str, Any]] = field(default_factory=list)
    staged: list[dict[str, Any]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the dead letters are dead."""

    @property
    def s3(self) -> Any:
        """S3 without the proxy: for those who land and look."""
        return self._direct("s3")

    @property
    def dynamodb(self) -> Any:
        """DynamoDB without the proxy."""
        return self._direct("dynamodb")

    def clean(self) -> None:
        """Nothing seen, and nothing left to do."""
        for queue in (self.landed, self.staged, self.dead):
            queue.clear()
        self.seen.clear()
        self.reasons.clear()

    def heal(self) -> None:
        """No call is broken any more."""
        self.proxy.break_calls()

    def land(self, *files: File) -> None:
        """Puts files into the landing zone and announces each once."""
        for file in files:
            answer = self.s3.put_object(Bucket=LANDING, Key=file.key, Body=file.body)
            self.landed.append({"bucket": LANDING, "key": file.key, "etag": answer["ETag"].strip('"'), "size": len(file.body)})

    def run(self) -> None:
        """Works off both queues: what fails DELIVERIES times is a dead letter."""
        self.stage()
        self.commit()

    def stage(self) -> None:
        """Stage A, one execution per message; one that fails leaves a dead letter, as the state machine does."""
        while self.landed:
            message = self.landed.pop(0)
            try:
                answer = stage_file.handler(message, Context())  # type: ignore[arg-type]
            except Killed:
                raise
            except Exception as failed:
                # The state machine catches every error the same way.
                self._bury(message, _words(failed))
                continue
            self._hand_over(answer)

    def _bury(self, message: dict[str, Any], reason: str) -> None:
        self.dead.append(message)
        self.reasons[reason] += 1

    def _hand_over(self, answer: dict[str, Any]) -> None:
        self.seen.add(answer["content_id"])
        if answer["status"] == FileStatus.STAGED:
            self.staged.append(answer)

    def commit(self) -> None:
        """Stage B, in batches of one data set; failed messages come back, in their order."""
        tries: Counter[str] = Counter()
        while self.staged:
            dataset = self.staged[0]["dataset"]
            batch = [m for m in self.staged if m["dataset"] == dataset][:BATCH]
            records = [{"messageId": str(n), "body": json.dumps(m)} for n, m in enumerate(batch)]
            answer = commit_files.handler({"Records": records}, Context())  # type: ignore[arg-type]
            failed = {int(f["itemIdentifier"]) for f in answer["batchItemFailures"]}
            for n, message in enumerate(batch):
                tries[message["content_id"]] += 1
                if n not in failed:
                    self.staged.remove(message)
                elif tries[message["content_id"]] == DELIVERIES:
                    self.staged.remove(message)
                    self._bury(message, f"a commit that failed {DELIVERIES} times")

    def replay(self) -> None:
        """Sends every dead letter to where it came from."""
        for message in self.dead:
            (self.landed if "etag" in message else self.staged).append(message)
        self.dead.clear()
        self.reasons.clear()
        self.run()

    def history(self) -> dict[str, dict[str, Any]]:
        """Every content by its id."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=HISTORY)
        items = (decode(item) for page in pages for item in page["Items"])
        return {item["content_id"]: item for item in items if not item["content_id"].startswith("key#")}

    def lines(self, dataset: str) -> Counter[tuple[str, int]]:
        """The trusted rows of a data set, by content and line."""
        rows = scan(iceberg.catalog(), DATABASE, BY_NAME[dataset].table, ["_content_id", "_line"])
        return Counter(zip(rows["_content_id"].to_pylist(), rows["_line"].to_pylist(), strict=True))

    def outcome(self, files: Sequence[File]) -> Outcome:
        """What became of these files, each content counted once."""
        distinct = {(file.body, file.key.split("/")[0]): file for file in files}.values()
        history = {content: item for content, item in self.history().items() if content in self.seen}
        trusted = [self.lines(name) for name in {item["dataset"] for item in history.values()} & set(BY_NAME)]
        rows = Counter({key: n for lines in trusted for key, n in lines.items() if key[0] in history})
        rejected: Counter[str] = Counter()
        for item in history.values():
            rejected.update({reason: int(n) for reason, n in item["quarantined"].items()})
        expected = sum((Counter({str(r): n for r, n in file.bad.items()}) for file in distinct), Counter())
        return Outcome(
            landed=sum(file.good + file.bad.total() for file in distinct),
            delivered=len(rows),
            rejected=rejected,
            dead_lettered=len(self.dead),
            twice=rows.total() - len(rows),
            unexplained=((rejected - expected) + (expected - rejected)).total(),
            reasons=Counter(self.reasons),
        )

    def batches(self, dataset: str) -> dict[str, int]:
        """By content id, how many snapshots say that they brought it."""
        table = iceberg.catalog().load_table((DATABASE, BY_NAME[dataset].table))
        named = (s.summary.additional_properties.get("omni.contents", "") for s in table.metadata.snapshots if s.summary)
        return Counter(content for contents in named for content in contents.split(",") if content)

    def _direct(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.upstream)  # type: ignore[call-overload]


def _words(failed: BaseException) -> str:
    """An error and what it came of, each cut to a few words."""
    before = failed.__cause__ or failed.__context__
    return f"{type(failed).__name__}: {str(failed)[:100]}" + (f" < {_words(before)}" if before else "")


@contextmanager
def world() -> Iterator[World]:
    """A deployed onboarding, empty, until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    upstream = f"http://{host}:{port}"
    try:
        with proxy(upstream) as broken, patch.dict(os.environ, _environment(broken.url)):
            clients.forget()
            made = World(broken, upstream)
            with patch.dict(os.environ, {"AWS_ENDPOINT_URL": upstream}):
                _deploy(made)
            clients.forget()
            # Arrow's reader takes the proxy's answer to HEAD for an empty file, so data files go past it.
            past = {"s3.region": "us-east-1", "s3.endpoint": upstream}
            with patch.object(iceberg, "_place", lambda _: past), _no_waits():
                yield made
    finally:
        clients.forget()
        server.stop()


@contextmanager
def impatient() -> Iterator[None]:
    """A hanging call costs a few seconds, not half a minute; how often it is tried stays as deployed."""
    config = clients._CONFIG.merge(Config(read_timeout=PATIENCE_SECONDS))
    clients.forget()
    try:
        with patch.object(clients, "_CONFIG", config):
            yield
    finally:
        clients.forget()


@contextmanager
def _no_waits() -> Iterator[None]:
    """Tries follow one another at once: faults here count calls, so waits between them prove nothing."""
    with patch.object(endpoint, "time", SimpleNamespace(sleep=lambda _: None)):
        yield


def _environment(url: str) -> dict[str, str]:
    environments = (
        StageFileEnv(lake_bucket=LAKE, quarantine_bucket=QUARANTINE, history_table=HISTORY),
        CommitFilesEnv(lake_bucket=LAKE, glue_database=DATABASE, history_table=HISTORY, privacy_table="privacy"),
    )
    own = {
        "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }  # fmt: skip
    return own | {name: value for env in environments for name, value in env.variables().items()}


def _deploy(made: World) -> None:
    # Every server of a process has the same services behind it.
    requests.post(f"{made.upstream}/moto-api/reset", timeout=30).raise_for_status()
    for bucket in (LANDING, LAKE, QUARANTINE):
        made.s3.create_bucket(Bucket=bucket)
        made.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made.dynamodb.create_table(
        TableName=HISTORY,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "content_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "content_id", "AttributeType": "S"}],
    )
    clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    migrate(iceberg.catalog(), DATABASE, LAKE)
