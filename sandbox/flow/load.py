"""Land files and wait until onboarding has said of each what became of it."""

from collections import Counter
from collections.abc import Sequence
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

AT_ONCE = 4
SECONDS = 1800.0
STALLED_SECONDS = 120.0
FINAL = (FileStatus.COMMITTED, FileStatus.QUARANTINED, FileStatus.FAILED)
TOO_MANY_BAD_ROWS = "TooManyBadRows"
"""How the execution of a file ends that has more bad rows than its data set tolerates: loudly, and nobody waits for it."""


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


def load(cloud: Cloud, landing: Path, tell: Tell) -> int:
    """Upload the folder's files under their relative paths and wait for onboarding; gives how many landed.

    Only a few are on their way at any time: every one is a function of its own, and a laptop has few cores.
    """
    onboarding = _Onboarding(cloud, landing, files_in(landing))
    until(
        onboarding.ask,
        lambda counts: not (counts["to land"] or counts["landed"] or counts["staged"]),
        step="Onboarding",
        seconds=SECONDS,
        stalled=STALLED_SECONDS,
        every=0.2,
        describe=_words,
        tell=lambda counts: tell(_words(counts)),
        hint="omni status shows queues and dead letters, omni logs StageFile and omni logs CommitFiles what the functions said",
    )
    return onboarding.total


class _Onboarding:
    """The files of a folder on their way; asks only about those that are not over."""

    def __init__(self, cloud: Cloud, landing: Path, paths: Sequence[Path]) -> None:
        self._cloud = cloud
        self._landing = landing
        self._machine = cloud.deployment.onboarding_state_machine
        self._to_land = list(reversed(paths))
        self._landed: dict[str, str] = {}
        self._contents: set[str] = set()
        self._final: Counter[str] = Counter()
        self.total = len(paths)

    def ask(self) -> Counter[str]:
        """How many files stand where, after landing as many as may be on their way."""
        while self._to_land and len(self._landed) < AT_ONCE:
            self._land(self._to_land.pop())
        self._ask_executions()
        self._ask_history()
        return Counter({"to land": len(self._to_land), "landed": len(self._landed), "staged": len(self._contents)}) + self._final

    def _land(self, path: Path) -> None:
        s3, bucket, key = self._cloud.client("s3"), self._cloud.deployment.landing_bucket, path.relative_to(self._landing).as_posix()
        s3.upload_file(str(path), bucket, key)
        etag = s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
        self._landed[execution_name(bucket, key, etag)] = key

    def _ask_executions(self) -> None:
        states = self._cloud.client("stepfunctions")
        for name, key in list(self._landed.items()):
            execution = executions.find(states, self._machine, name)
            if execution is None or not execution.over:
                continue
            if execution.status == "SUCCEEDED":
                self._contents.add(execution.output["content_id"])
            elif execution.error == TOO_MANY_BAD_ROWS:
                self._final[FileStatus.FAILED] += 1
            else:
                raise SandboxError("Onboarding", f"{key}: {execution.reason}", hint="omni logs StageFile")
            del self._landed[name]

    def _ask_history(self) -> None:
        keys = ({"content_id": content} for content in self._contents)
        table, attributes = self._cloud.deployment.history_table, ("content_id", "status")
        for item in list(dynamodb.batch_get(self._cloud.client("dynamodb"), table, keys, attributes)):
            if item["status"] in FINAL:
                self._contents.discard(item["content_id"])
                self._final[item["status"]] += 1


def _words(counts: Counter[str]) -> str:
    order = ("to land", "landed", FileStatus.STAGED, *FINAL)
    return ", ".join(f"{counts[name]} {name}" for name in order if counts[name]) or "nothing to do"


def _dataset(key: str) -> str:
    try:
        return dataset_of(key).name
    except Unrecognised:
        return ""
