"""Who is in a run's import files, part by part, until the job that reads them has ended: what settles their outcome then."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from omnichannel.activation import clearing
from omnichannel.activation.messaging import Recipient
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink

LINES = "application/x-ndjson"
FIRST = "first"
"""The folder of files that a run makes of its audience; a replay's are in a folder of their own, so that no job reads them again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """One endpoint in an import file; `decision` is what it was sent for, None where nothing is to be done.

    `cleared` are the customer's channels that stay cleared once it is taken.
    """

    customer_id: str
    channel: str
    message_id: str
    traits_hash: str
    decision: Mapping[str, Any] | None = None
    cleared: str = ""

    @classmethod
    def of(cls, recipient: Recipient) -> Self:
        """From whom the file is to reach."""
        return cls(
            customer_id=recipient.member.customer_id,
            channel=recipient.channel,
            message_id=recipient.message_id,
            traits_hash=recipient.traits_hash,
            decision=recipient.action.to_dict() if recipient.action else None,
            cleared=clearing.closed(recipient.before, but=recipient.channel),
        )


@dataclass(frozen=True, kw_only=True)
class Note:
    """One part's import file: the part's key, its run's date and order, and who is in it; nobody once a job has settled it."""

    run: str
    as_of: str
    part: str
    pending: Sequence[Pending] = field(repr=False)
    order: str = ""

    @property
    def name(self) -> str:
        """The part's name."""
        return zones.part_name(self.part)

    @property
    def folder(self) -> str:
        """The prefix of the import files that belong together."""
        return folder(self.run, self.name)

    def write(self, s3: Any, bucket: str) -> None:
        """Keeps the note as JSON lines, so that a person can be taken out of it."""
        head = {"run": self.run, "as_of": self.as_of, "part": self.part, "order": self.order}
        lines = "".join(json.dumps({**head, **asdict(each)}, ensure_ascii=False) + "\n" for each in self.pending)
        objects.put(s3, bucket, f"{zones.import_notes(self.run, Sink.PINPOINT)}{self.name}.jsonl", lines.encode(), LINES)


def folder(run: str, part: str) -> str:
    """The prefix that one import job reads for a part of that name."""
    _, _, replay = part.partition(zones.REPLAYED)
    return f"{zones.messaging_files(run, Sink.PINPOINT)}{f'replay-{replay}' if replay else FIRST}/"


def read(s3: Any, bucket: str, run: str) -> Iterator[Note]:
    """The run's notes that no ended job has settled, in the order of their names."""
    for found in objects.objects(s3, bucket, zones.import_notes(run, Sink.PINPOINT)):
        if found["Size"]:
            yield _note([json.loads(line) for line in objects.get(s3, bucket, found["Key"]).splitlines()])


def together(notes: Iterable[Note]) -> list[Note]:
    """The notes whose files are in the folder of the first one: what one job reads."""
    found = list(notes)
    return [note for note in found if note.folder == found[0].folder]


def _note(lines: Sequence[Mapping[str, Any]]) -> Note:
    pending = tuple(Pending(**{name: line[name] for name in Pending.__dataclass_fields__ if name in line}) for line in lines)
    head = lines[0]
    return Note(run=head["run"], as_of=head["as_of"], part=head["part"], order=head.get("order", ""), pending=pending)
