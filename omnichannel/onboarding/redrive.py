"""Landed files taken up again after a fix of contract, tolerance or code: which rows, and under which content id.

A content of which nothing was ever staged is examined whole. Of any other only the rows that are still refused are: what was trusted
stays trusted, and comes no second time.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from omnichannel.contracts import zones
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history
from omnichannel.onboarding.history import Staged, staged_of

LONGEST_CHAIN = 1000


@dataclass(frozen=True)
class Redrive:
    """What is examined again: the refused rows of `of`; `lines` are None for every line of the file."""

    content_id: str
    of: Staged
    lines: frozenset[int] | None


def content_of(content_id: str, number: int) -> str:
    """The content id of the `number`-th redrive of a landed content."""
    return hashlib.sha256(f"{content_id}#redrive-{number}".encode()).hexdigest()[:40]


def chain(dynamodb: Any, table: str, content_id: str) -> list[Staged]:
    """What became of a landed content, and of each redrive of it, in their order; empty when it never landed."""
    found: list[Staged] = []
    item = history.find(dynamodb, table, content_id)
    while item is not None and len(found) < LONGEST_CHAIN:
        found.append(staged_of(item))
        item = history.find(dynamodb, table, content_of(content_id, len(found)))
    return found


def can_be_redriven(staged: Staged) -> bool:
    """Whether rows of it wait in quarantine."""
    return staged.refused > 0 and staged.status != FileStatus.ERASED


def plan(before: list[Staged], number: int, s3: Any, quarantine_bucket: str) -> Redrive | None:
    """The `number`-th redrive of a landed content, given what `chain` found; None when nothing of it waits."""
    newest = before[-1]
    if number != len(before) or not can_be_redriven(newest):
        return None
    lines = frozenset(_lines(newest, s3, quarantine_bucket)) if any(each.rows_staged for each in before) else None
    return Redrive(content_of(before[0].content_id, number), newest, lines)


def _lines(staged: Staged, s3: Any, bucket: str) -> Iterator[int]:
    body = s3.get_object(Bucket=bucket, Key=zones.quarantined(staged.dataset, staged.content_id))["Body"]
    return (json.loads(line)["line"] for line in body.iter_lines())
