"""Land files and wait until onboarding has said of each what became of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from omnichannel.aws import dynamodb
from omnichannel.contracts.datasets import DATASETS, PREFIXES, Unrecognised, dataset_of
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding.landed import execution_name
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions
from sandbox.flow.progress import Tell
from sandbox.flow.waiting import until

UPLOADS_AT_ONCE = 8
SECONDS = 1800.0
FINAL = (FileStatus.COMMITTED, FileStatus.QUARANTINED)


@dataclass(frozen=True)
class Landed:
    """One file as it lies in the landing bucket."""

    key: str
    etag: str


def files_in(landing: Path) -> list[Path]:
    """Every file of a landing folder, hidden ones aside. Raises `SandboxError` for a folder that cannot feed the loop."""
    if not landing.is_dir():
        raise SandboxError("Landing files", f"{landing} is not a folder", hint="omni generate --out DIR makes one")
    found = sorted(
        path for path in landing.rglob("*") if path.is_file() and not any(p.startswith(".") for p in path.relative_to(landing).parts)
    )
    names = {_dataset(path.relative_to(landing).as_posix()) for path in found}
    lacking = [d for d in DATASETS if d.needed and d.name not in names]
    if lacking:
        raise SandboxError(
            "Landing files",
            f"{landing} has no {' and no '.join(d.name for d in lacking)}, without which nobody can be scored",
            hint=f"put files under {', '.join(d.prefix for d in lacking)}; known prefixes: {', '.join(PREFIXES)}",
        )
    return found


def load(cloud: Cloud, landing: Path, tell: Tell) -> list[Landed]:
    """Upload the folder's files under their relative paths and wait for onboarding; gives what landed."""
    paths = files_in(landing)
    landed = _upload(cloud, landing, paths, tell)
    onboarding = _Onboarding(cloud, landed)
    until(
        onboarding.ask,
        lambda counts: not counts["waiting"] and not counts["staged"],
        step="Onboarding",
        seconds=SECONDS,
        describe=_words,
        tell=lambda counts: tell(_words(counts)),
        hint="omni status shows queues and dead letters, omni logs StageFile and omni logs CommitFiles what the functions said",
    )
    return landed


class _Onboarding:
    """What is known of the landed files so far; asks only about those that are not over."""

    def __init__(self, cloud: Cloud, landed: Sequence[Landed]) -> None:
        bucket = cloud.deployment.landing_bucket
        self._cloud = cloud
        self._machine = cloud.deployment.onboarding_state_machine
        self._waiting = {execution_name(bucket, file.key, file.etag): file for file in landed}
        self._contents: set[str] = set()
        self._final: Counter[str] = Counter()
        self.total = len(landed)

    def ask(self) -> Counter[str]:
        """How many files stand where."""
        self._ask_executions()
        self._ask_history()
        return Counter(waiting=len(self._waiting), staged=len(self._contents), **self._final)

    def _ask_executions(self) -> None:
        states = self._cloud.client("stepfunctions")
        for name, file in list(self._waiting.items()):
            execution = executions.find(states, self._machine, name)
            if execution is None or not execution.over:
                continue
            if execution.status != "SUCCEEDED":
                raise SandboxError("Onboarding", f"{file.key}: {execution.reason}", hint="omni logs StageFile")
            del self._waiting[name]
            self._contents.add(execution.output["content_id"])

    def _ask_history(self) -> None:
        keys = ({"content_id": content} for content in self._contents)
        table, attributes = self._cloud.deployment.history_table, ("content_id", "status")
        for item in list(dynamodb.batch_get(self._cloud.client("dynamodb"), table, keys, attributes)):
            if item["status"] in FINAL:
                self._contents.discard(item["content_id"])
                self._final[item["status"]] += 1


def _words(counts: Counter[str]) -> str:
    parts = [f"{counts[name]} files {name}" for name in (*FINAL, FileStatus.STAGED, "waiting") if counts[name]]
    return ", ".join(parts)


def _upload(cloud: Cloud, landing: Path, paths: Iterable[Path], tell: Tell) -> list[Landed]:
    s3, bucket, paths = cloud.client("s3"), cloud.deployment.landing_bucket, list(paths)

    def one(path: Path) -> Landed:
        key = path.relative_to(landing).as_posix()
        s3.upload_file(str(path), bucket, key)
        return Landed(key, s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"'))

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        landed = []
        for file in pool.map(one, paths):
            landed.append(file)
            tell(f"{len(landed)} of {len(paths)} files landed")
    return landed


def _dataset(key: str) -> str:
    try:
        return dataset_of(key).name
    except Unrecognised:
        return ""
