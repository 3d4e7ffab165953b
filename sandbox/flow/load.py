"""Land files and wait until onboarding has said of each what became of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omnichannel.aws import dynamodb
from omnichannel.contracts.datasets import DATASETS, PREFIXES, Unrecognised, dataset_of
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history
from omnichannel.onboarding.landed import execution_name
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions
from sandbox.flow.progress import Tell
from sandbox.flow.waiting import until

AT_ONCE = 4
SECONDS = 1800.0
STALLED_SECONDS = 120.0
TO_LAND, LANDED = "to land", "landed"
TOO_MANY_BAD_ROWS = "TooManyBadRows"
"""How the execution of a file ends that has more bad rows than its data set tolerates."""


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


@dataclass(frozen=True)
class Loaded:
    """What came of landing a folder: how many files, and of those with too many bad rows why each failed."""

    files: int
    failed: tuple[str, ...]


NOTHING_LOADED = Loaded(0, ())


def load(cloud: Cloud, landing: Path, tell: Tell) -> Loaded:
    """Upload the folder's files under their relative paths and wait until each is trusted, quarantined or has failed by its bad rows.

    Only a few are in stage A at any time: every one is a function of its own, and a laptop has few cores. Raises `SandboxError` when
    onboarding itself fails.
    """
    onboarding = _Onboarding(cloud, landing, files_in(landing))
    until(
        onboarding.ask,
        lambda counts: not (counts[TO_LAND] or counts[LANDED] or counts[FileStatus.STAGED]),
        step="Onboarding",
        seconds=SECONDS,
        stalled=STALLED_SECONDS,
        working=lambda: bool(onboarding.staging),
        every=0.2,
        describe=_words,
        tell=lambda counts: tell(_words(counts)),
        hint="omni status shows queues and dead letters, omni logs StageFile and omni logs CommitFiles what the functions said",
    )
    return Loaded(onboarding.total, tuple(onboarding.failed))


def refuse_failed(loaded: Loaded) -> None:
    """Raises `SandboxError` with what was said of every file that failed; whatever else landed is onboarded."""
    if loaded.failed:
        raise SandboxError(
            "Onboarding",
            f"{len(loaded.failed)} of {loaded.files} files have more bad rows than their data sets tolerate\n" + "\n".join(loaded.failed),
            hint="the quarantine names each line, column and reason; omni validate FILE says what would work",
        )


@dataclass(frozen=True)
class _Landing:
    key: str
    landed_at: str


class _Onboarding:
    """The files of a folder on their way; asks only about those that are not over."""

    def __init__(self, cloud: Cloud, landing: Path, paths: Sequence[Path]) -> None:
        self._cloud = cloud
        self._landing = landing
        self._machine = cloud.deployment.onboarding_state_machine
        self._to_land = list(reversed(paths))
        self._landed: dict[str, _Landing] = {}
        self._staged: set[str] = set()
        self._final: Counter[str] = Counter()
        self.staging: set[str] = set()
        """The executions that stage a file at this moment: a large one takes long, and its function or job has a time limit of its own."""
        self.total = len(paths)
        self.failed: list[str] = []

    def ask(self) -> Counter[str]:
        """How many files stand where, after landing as many as may be in stage A."""
        while self._to_land and len(self._landed) - len(self._staged) < AT_ONCE:
            self._land(self._to_land.pop())
        self._ask_executions()
        self._ask_history()
        on_the_way = {TO_LAND: len(self._to_land), LANDED: len(self._landed) - len(self._staged), FileStatus.STAGED: len(self._staged)}
        return Counter(on_the_way) + self._final

    def _land(self, path: Path) -> None:
        s3, bucket, key = self._cloud.client("s3"), self._cloud.deployment.landing_bucket, path.relative_to(self._landing).as_posix()
        s3.upload_file(str(path), bucket, key)
        stored = s3.head_object(Bucket=bucket, Key=key)
        self._landed[execution_name(bucket, key, stored["ETag"].strip('"'))] = _Landing(key, stored["LastModified"].isoformat())

    def _ask_executions(self) -> None:
        states = self._cloud.client("stepfunctions")
        self.staging = set()
        running = executions.running(states, self._machine)
        for name, landing in list(self._landed.items()):
            runs = name in running
            execution = None if runs else executions.find(states, self._machine, name)
            if execution is None or not execution.over:
                self.staging |= {name} - self._staged if runs or execution else set()
                continue
            if execution.status == "SUCCEEDED":
                self._final[execution.output["status"]] += 1
            elif execution.error == TOO_MANY_BAD_ROWS:
                self._final[FileStatus.FAILED] += 1
                self.failed.append(execution.cause)
            else:
                raise SandboxError("Onboarding", f"{landing.key}: {execution.reason}", hint="omni logs StageFile")
            del self._landed[name]
            self._staged.discard(name)

    def _ask_history(self) -> None:
        """Which of the landed files stage A is done with: their keys' items have the version."""
        bucket = self._cloud.deployment.landing_bucket
        waiting = {history.key_item(bucket, each.key): name for name, each in self._landed.items() if name not in self._staged}
        keys = ({"content_id": item} for item in waiting)
        for item in dynamodb.batch_get(self._cloud.client("dynamodb"), self._cloud.deployment.history_table, keys):
            name = waiting[item["content_id"]]
            if any(version.landed_at == self._landed[name].landed_at for version in history.landings_of(item)):
                self._staged.add(name)


def _words(counts: Counter[str]) -> str:
    order = (TO_LAND, LANDED, *FileStatus, history.DUPLICATE)
    return ", ".join(f"{counts[name]} {name}" for name in order if counts[name]) or "nothing to do"


def _dataset(key: str) -> str:
    try:
        return dataset_of(key).name
    except Unrecognised:
        return ""
