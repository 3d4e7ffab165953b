"""Erasure, access and holds: keys in the lake, items of the `privacy` table, and what the committer is asked and answers.

In the lake, under `privacy/`:

- `requests/<id>/…`: what an erasure needs while it runs, the raw identifiers among it; deleted at its end, every version.
- `certificates/<id>.json` and `.md`: what was found and removed where; hashes only.
- `exports/<id>/export.zip`: the answer to an access request, for `EXPORT_DAYS`.

Items of the `privacy` table, by `id`:

- `request#<id>`: one erasure or export, its status and what each step has done.
- `hold#<customer id>`: a legal hold with its reason, and the erasures that wait for it.
- `suppressed#<hash of an identifier>`: who was erased, so that they are recognised when they come back.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from omnichannel.contracts import zones

PRIVACY = "privacy"
EXPORT_DAYS = 7
ERASE = "erase"

RESTORE_DAYS = 35
"""How far back DynamoDB restores a table to a point in time, at most (its documentation): so long a copy of an erased item exists."""
ARCHIVE_DAYS = 30
"""How long the archive of live events keeps them."""
UNFINISHED_UPLOAD_DAYS = 3
"""After how many days a bucket forgets the parts of an upload that was never finished: they are no object and in no listing of them."""


ERASED_ZONES = (
    *(f"{zone}/" for zone in (zones.FEATURES, zones.SEGMENTS, zones.LOOKALIKES)),
    *(f"{zone}/" for zone in (zones.STAGING, zones.SCORES, zones.PIPELINE_RUNS, zones.ACTIVATION, zones.LEDGER, zones.PERSONALIZE)),
    f"{zones.QUALITY}/",
    f"{zones.VIEWS}/",
    f"{zones.STAGE_JOBS.partition('/')[0]}/",
    f"{zones.QUERY_RESULTS}/",
    f"{PRIVACY}/exports/",
)
"""The lake's prefixes whose objects may name people. Trusted tables are the committer's; what else there is, the proof reads."""
HELD_IN = (zones.SCORES, zones.SEGMENTS, zones.ACTIVATION, zones.LEDGER)
"""Folders of the lake whose records say what was computed of a person, decided about them and sent to them, for an access request."""


class Stand(StrEnum):
    """Where a request stands."""

    HELD = "held"
    RUNNING = "running"
    DONE = "done"


def requests(request: str) -> str:
    """The prefix of everything that a running request keeps in the lake."""
    return f"{PRIVACY}/requests/{request}/"


def subject_key(request: str) -> str:
    """The raw identifiers of the person, for as long as the request runs."""
    return f"{requests(request)}subject.json"


def values_key(request: str, table: str) -> str:
    """Which rows of a trusted table name the person: an object in the shape of `Values`."""
    return f"{requests(request)}values/{table}.json"


def result_key(erasure: str, table: str) -> str:
    """Where the committer answers, in the shape of `Erased`; `erasure` is the id of its message."""
    return f"{requests(erasure)}{table}.json"


def certificate_key(request: str, suffix: str = "json") -> str:
    """The certificate, as JSON or (`md`) to be read."""
    return f"{PRIVACY}/certificates/{request}.{suffix}"


def export_key(request: str) -> str:
    """The archive that answers an access request."""
    return f"{PRIVACY}/exports/{request}/export.zip"


def request_item(request: str) -> str:
    """The `id` of a request's item."""
    return f"request#{request}"


def hold_item(customer_id: str) -> str:
    """The `id` of a customer's legal hold."""
    return f"hold#{customer_id}"


def suppressed_item(digest: str) -> str:
    """The `id` of the tombstone of one identifier (`identifier_hash`)."""
    return f"suppressed#{digest}"


def identifier_hash(id_type: str, value: str) -> str:
    """How certificates and tombstones name an identifier: SHA-256 of `erasure`, its kind and its normal form, with colons between.

    The word in front keeps it from being our customer id, which begins as the hash of a reference does.
    """
    return hashlib.sha256(f"erasure:{id_type}:{value}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class EraseRows:
    """What the committer's queue is asked for: rows of one trusted table to be deleted, with everything that still holds them.

    `id` is unique to the request, table and round; `dataset` is also the queue's group (the table's own name where it belongs to no
    data set); `values_key` and `result_key` lie in the lake.
    """

    id: str
    table: str
    dataset: str
    values_key: str
    result_key: str
    request: str = ERASE

    def to_dict(self) -> dict[str, str]:
        """The message's body."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Values:
    """A row is to be deleted when any of these columns holds any of its values, to the letter, or any text mentions one of `mentions`."""

    columns: dict[str, list[str]]
    mentions: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As it lies in the lake: `{"columns": {"customer_ref": ["C1"], …}, "mentions": ["ann@x.example"]}`."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What the committer did with one `EraseRows`.

    Rows deleted, data files replaced, snapshots forgotten, object versions deleted, and versions too young to be deleted (`later`).
    """

    id: str
    table: str
    rows: int = 0
    files: int = 0
    snapshots: int = 0
    objects: int = 0
    later: int = 0
    at: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """From the answer's JSON, which may say more."""
        return cls(**{each.name: answer[each.name] for each in fields(cls) if each.name in answer})
