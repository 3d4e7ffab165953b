"""What was committed, remembered longer than snapshots live: a content that is in a table once never comes into it again.

The snapshot that brought a content names it. Before a snapshot is forgotten, whatever it names is known to the history table.
"""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from omnichannel.aws.dynamodb import batch_get
from omnichannel.contracts.store import FileStatus
from omnichannel.contracts.trusted import BATCH, CONTENTS, ROWS
from omnichannel.onboarding import history

WRITES_AT_ONCE = 8
_DONE = (FileStatus.COMMITTED, FileStatus.ERASED)


@dataclass(frozen=True)
class Commit:
    """Where one content's rows are, and how many; no batch and no snapshot when it had none."""

    batch: str = ""
    snapshot_id: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Memory:
    """The history table as the committer uses it."""

    dynamodb: Any
    table: str

    def of(self, content_ids: Collection[str]) -> dict[str, Commit]:
        """Those of the contents that the history knows to be committed, or to be erased since."""
        keys = [{"content_id": content_id} for content_id in sorted(set(content_ids))]
        items = batch_get(self.dynamodb, self.table, keys, ("content_id", "status", "batch", "snapshot_id", "rows_committed"))
        return {
            item["content_id"]: Commit(item.get("batch", ""), item.get("snapshot_id", ""), int(item.get("rows_committed", 0)))
            for item in items
            if item.get("status") in _DONE
        }

    def keep(self, commits: Mapping[str, Commit], at: datetime) -> None:
        """Says so in the history for every content of which it does not know yet."""
        known = self.of(commits)

        def say(content_id: str) -> None:
            commit = commits[content_id]
            history.committed(
                self.dynamodb, self.table, content_id, batch=commit.batch, snapshot_id=commit.snapshot_id, rows=commit.rows, at=at
            )

        with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
            for _ in pool.map(say, (content_id for content_id in commits if content_id not in known)):
                pass


def committed_contents(table: Table) -> dict[str, Commit]:
    """By content id, the snapshot that brought it, of the snapshots that there still are."""
    return contents_of(table.metadata.snapshots)


def contents_of(snapshots: Collection[Snapshot]) -> dict[str, Commit]:
    """By content id, which of these snapshots brought it."""
    found: dict[str, Commit] = {}
    for snapshot in snapshots:
        said: Mapping[str, str] = snapshot.summary.additional_properties if snapshot.summary else {}
        contents = [each for each in said.get(CONTENTS, "").split(",") if each]
        rows = said.get(ROWS, "").split(",") if ROWS in said else ["0"] * len(contents)
        for content_id, count in zip(contents, rows, strict=True):
            found[content_id] = Commit(said.get(BATCH, ""), str(snapshot.snapshot_id), int(count))
    return found
