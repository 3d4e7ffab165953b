"""The messages of one table, worked off in their order: files together in a commit, requests one by one.

What failed comes again, and nothing behind it is done before, except that a file may overtake another file: rows are appended, and
current state goes by the source's own time. So an erasure never runs before a file that was in front of it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pyarrow as pa
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException

from omnichannel.aws.clients import cause
from omnichannel.aws.dynamodb import Unprocessed, batches
from omnichannel.contracts.datasets import BY_NAME, Dataset
from omnichannel.contracts.trusted import NotARequest, Request, is_request, request_of
from omnichannel.onboarding.commit import FILES_A_COMMIT, UnreadableStagedFile
from omnichannel.onboarding.history import Staged
from omnichannel.trusted.erase import NotAllErased

CURABLE = (
    ClientError, BotoCoreError, CommitFailedException, ValidationException, NoSuchTableError, OSError, pa.ArrowException,
    Unprocessed, NotAllErased,
)  # fmt: skip
"""What another delivery may cure, or will bring before a person as a dead letter; anything else is a bug."""


class NotAMessage(ValueError):
    """A message that is neither a staged file of a known data set nor a request; it repeats nothing of the body."""


@dataclass(frozen=True)
class Message:
    """One message of the queue."""

    id: str
    content: Staged | Request

    @property
    def group(self) -> str:
        """The data set, or the table that belongs to none."""
        return self.content.dataset

    @classmethod
    def of(cls, id: str, body: str) -> "Message":
        """Raises `NotAMessage`."""
        try:
            found: Mapping[str, Any] = json.loads(body)
            content = request_of(found) if is_request(found) else Staged(**found)
        except (ValueError, TypeError) as malformed:
            why = str(malformed) if isinstance(malformed, NotARequest) else type(malformed).__name__
            raise NotAMessage(f"expected a staged file or a request as JSON: {why}") from malformed
        if isinstance(content, Staged) and content.dataset not in BY_NAME:
            raise NotAMessage(f"unknown data set {content.dataset!r}; expected one of {', '.join(BY_NAME)}")
        return cls(id, content)


@dataclass
class Outcome:
    """What became of a table's messages: those that must come again, why in words without data, and the rows committed."""

    failed: dict[str, str] = field(default_factory=dict)
    files: int = 0
    rows: int = 0
    requests: int = 0


Commit = Callable[[Dataset, Sequence[Staged]], int]
"""Commits files and tells the history; gives the rows. Raises what `commit_files` raises."""


def work_off(messages: Sequence[Message], commit: Commit, fulfil: Callable[[Request], object]) -> Outcome:
    """Every message of one table in the order of the queue, until something fails."""
    outcome = Outcome()
    for is_file, run in groupby(messages, key=lambda message: isinstance(message.content, Staged)):
        if outcome.failed:
            outcome.failed |= dict.fromkeys((message.id for message in run), "waits for what is before it")
        elif is_file:
            _commit_all(list(run), commit, outcome)
        else:
            _fulfil_all(list(run), fulfil, outcome)
    return outcome


def _commit_all(messages: list[Message], commit: Commit, outcome: Outcome) -> None:
    for batch in batches(messages, FILES_A_COMMIT):
        _commit_readable(dict(_by_content(batch)), commit, outcome)


def _by_content(messages: Sequence[Message]) -> Iterator[tuple[str, tuple[Staged, list[str]]]]:
    """By content, its file and the messages that name it: a redelivery may stand beside the first."""
    found: dict[str, tuple[Staged, list[str]]] = {}
    for message in messages:
        if isinstance(message.content, Staged):
            found.setdefault(message.content.content_id, (message.content, []))[1].append(message.id)
    yield from found.items()


def _commit_readable(files: dict[str, tuple[Staged, list[str]]], commit: Commit, outcome: Outcome) -> None:
    """One commit; a file that cannot be read is left out and fails alone."""
    while files:
        staged = [file for file, _ in files.values()]
        try:
            rows = commit(BY_NAME[staged[0].dataset], staged)
        except UnreadableStagedFile as unreadable:
            _, ids = files.pop(unreadable.content_id)
            outcome.failed |= dict.fromkeys(ids, str(unreadable))
        except CURABLE as failure:
            outcome.failed |= dict.fromkeys((each for _, ids in files.values() for each in ids), in_words(failure))
            return
        else:
            outcome.files, outcome.rows = outcome.files + len(staged), outcome.rows + rows
            return


def _fulfil_all(messages: list[Message], fulfil: Callable[[Request], object], outcome: Outcome) -> None:
    for message in messages:
        if outcome.failed:
            outcome.failed[message.id] = "waits for what is before it"
        elif not isinstance(message.content, Staged):
            try:
                fulfil(message.content)
            except (*CURABLE, ValueError) as failure:
                outcome.failed[message.id] = in_words(failure)
            else:
                outcome.requests += 1


def in_words(failure: Exception) -> str:
    """A failure in words that repeat no value: what Arrow says of a row may be what stands in it."""
    return type(failure).__name__ if isinstance(failure, pa.ArrowException) else cause(failure)
