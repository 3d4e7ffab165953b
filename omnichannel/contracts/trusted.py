"""What may be asked of the committer of trusted tables, how it answers, and the names that it leaves in a table.

The FIFO queue carries staged files and requests; its group is the data set, or the table where it belongs to none, so whatever
changes a table happens in the order of the queue. A request answers with an object at its `result_key` in the lake, written once,
and a request whose answer is there is done:

- `request`, `id`, `table`, `at`;
- `rows` that it erased, compacted or no longer retained, and the `files` that they were in, which it replaced;
- `snapshots` that it forgot; `objects` (versions, delete markers among them) that it deleted, and their `bytes`;
- `later`: versions that nothing names but that are too young to go, because a writer may have them in hand.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Self

from omnichannel.contracts.datasets import CONSENTS, DATASETS, Dataset
from omnichannel.contracts.privacy import EraseRows

BATCH = "omni.batch"
CONTENTS = "omni.contents"
ROWS = "omni.rows"
"""In the summary of a snapshot: the batch's id, the contents that it brought, and the rows of each, in the same order."""
REQUEST = "omni.request"
REQUEST_ROWS = "omni.request-rows"
REQUEST_FILES = "omni.request-files"
"""In the summary of a snapshot that a request made: its id, how many rows it was about, and how many data files it replaced."""

MAINTENANCE = "maintenance"
SNAPSHOT_DAYS = 7
"""How long an expired state of a table can still be read, unless the deployment says otherwise."""

DATASET_OF: dict[str, Dataset] = {d.table: d for d in DATASETS}
"""By table, the data set that it receives; other tables have writers of their own beside the committer."""


class RequestKind(StrEnum):
    """What the committer can be asked for."""

    ERASE = "erase"
    EXPIRE = "expire"
    COMPACT = "compact"
    RETAIN = "retain"


class NotARequest(ValueError):
    """A message that asks for something the committer does not know; it names what is wrong and none of the values."""


def group_of(table: str) -> str:
    """The queue's group, so the order, that changes of a table belong to."""
    return DATASET_OF[table].name if table in DATASET_OF else table


@dataclass(frozen=True, kw_only=True)
class _Upkeep:
    KIND: ClassVar[RequestKind]

    id: str
    table: str
    dataset: str
    result_key: str
    request: str

    @classmethod
    def _of(cls, id: str, table: str, **more: Any) -> Self:
        key = f"{MAINTENANCE}/{id}/{cls.KIND}/{table}.json"
        return cls(id=id, table=table, dataset=group_of(table), result_key=key, request=cls.KIND.value, **more)

    def to_dict(self) -> dict[str, Any]:
        """The message's body."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Expire(_Upkeep):
    """Forget what the table was more than `days` ago, and delete the files that nothing names any more."""

    KIND: ClassVar[RequestKind] = RequestKind.EXPIRE

    days: int

    @classmethod
    def of(cls, id: str, table: str, days: int = SNAPSHOT_DAYS) -> Self:
        """`id` is unique to one round of upkeep."""
        return cls._of(id, table, days=days)


@dataclass(frozen=True, kw_only=True)
class Compact(_Upkeep):
    """Make few files of many small ones; the rows stay the same."""

    KIND: ClassVar[RequestKind] = RequestKind.COMPACT

    @classmethod
    def of(cls, id: str, table: str) -> Self:
        """`id` is unique to one round of upkeep."""
        return cls._of(id, table)


@dataclass(frozen=True, kw_only=True)
class Retain(_Upkeep):
    """Delete consents that were superseded more than `years` ago; the newest stays, and so does what a legal hold protects."""

    KIND: ClassVar[RequestKind] = RequestKind.RETAIN

    years: int

    @classmethod
    def of(cls, id: str, years: int) -> Self:
        """`id` is unique to one round of upkeep."""
        return cls._of(id, CONSENTS.table, years=years)


Request = EraseRows | Expire | Compact | Retain
_KINDS: dict[str, type[EraseRows] | type[Expire] | type[Compact] | type[Retain]] = {
    RequestKind.ERASE: EraseRows, RequestKind.EXPIRE: Expire, RequestKind.COMPACT: Compact, RequestKind.RETAIN: Retain,
}  # fmt: skip


def is_request(body: Mapping[str, Any]) -> bool:
    """Whether a message's body is a request; anything else is a staged file."""
    return "request" in body


def request_of(body: Mapping[str, Any]) -> Request:
    """The request in a message's body. Raises `NotARequest`."""
    kind = _KINDS.get(str(body["request"]))
    if kind is None:
        raise NotARequest(f"unknown request {body['request']!r}; expected one of {', '.join(_KINDS)}")
    known = {f.name for f in fields(kind)}
    if known != body.keys():
        raise NotARequest(f"request {body['request']!r} has the fields {', '.join(sorted(body))}; expected {', '.join(sorted(known))}")
    request: Request = kind(**body)
    if request.dataset != group_of(request.table):
        raise NotARequest(f"table {request.table!r} belongs to the group {group_of(request.table)!r}; got {request.dataset!r}")
    return request
