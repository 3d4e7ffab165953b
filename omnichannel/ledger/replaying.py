"""What a finished run could not deliver, once more: only those whom a sink did not take, or of whom nothing is known."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnichannel.activation import parts
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import LedgerRow, Sink, Status
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import parts_by_sink, write_part
from omnichannel.ledger.settled import failed, rows_of, tries


class Undecided(Exception):
    """A part of the run was never decided: there is nothing that could be sent once more."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One replay of a run, counted from 1; `superseded` when a newer run has taken this one's place meanwhile."""

    run: str
    number: int
    superseded: bool
    at: datetime
    s3: Any = field(repr=False)
    lake: str


def gather(of: Replay, sinks: Iterable[Sink]) -> dict[str, list[str]]:
    """Writes, for each sink, parts with those whom it is to try again; gives their keys by sink. Raises `Undecided`.

    Of a superseded run nothing is tried again: its failures become withheld, and there are no parts.
    """
    listed = parts.index(of.s3, of.lake, of.run)["parts"]
    return {sink.value: [key for part in listed if (key := _again(of, sink, part, ledger))] for sink, ledger in _ledgers(of, sinks)}


def failures(of: Replay, sinks: Iterable[Sink]) -> dict[str, int]:
    """How many customers this replay is about, by sink."""
    listed = parts.index(of.s3, of.lake, of.run)["parts"]
    return {
        sink.value: sum(len(_failed(of, _lines(of, part), ledger.get(zones.part_name(part), ()))) for part in listed)
        for sink, ledger in _ledgers(of, sinks)
    }


def _ledgers(of: Replay, sinks: Iterable[Sink]) -> list[tuple[Sink, dict[str, list[str]]]]:
    """Each sink with the keys of its ledger by part, what this very replay has left there aside."""
    own = f"{zones.REPLAYED}{of.number}"
    found = [(sink, parts_by_sink(of.s3, of.lake, flow=sink.flow, run=of.run).get(sink, [])) for sink in sinks]
    return [(sink, tries(key for key in keys if not zones.part_name(key).endswith(own))) for sink, keys in found]


def _again(of: Replay, sink: Sink, part: str, ledger: dict[str, list[str]]) -> str:
    """The key of what of a part is to be tried again at a sink; empty when nothing is."""
    name = zones.part_name(part)
    members = _lines(of, part)
    wanted = _failed(of, members, ledger.get(name, ()))
    key = zones.replayed_part(of.run, of.number, sink, name)
    if wanted and of.superseded:
        _withhold(of, sink, zones.part_name(key), sorted(wanted))
    if not wanted or of.superseded:
        return ""
    if not _is_decided(of, part):
        raise Undecided(f"{name} of run {of.run} was never decided; expected a run that came as far as its sinks: start a new one")
    body = b"".join(line + b"\n" for customer_id, line in members.items() if customer_id in wanted)
    objects.put(of.s3, of.lake, key, gzip.compress(body, compresslevel=6, mtime=0), objects.GZIP_JSON_LINES)
    return key


def _failed(of: Replay, members: dict[str, bytes], keys: Sequence[str]) -> set[str]:
    """Those of the part's customers whose last row is a failure, or who have none."""
    done = {row["customer_id"] for row in rows_of(of.s3, of.lake, keys) if not failed(row)}
    return members.keys() - done


def _lines(of: Replay, part: str) -> dict[str, bytes]:
    """The records of a part as they were sent, decided where they were, by customer."""
    key = _decided_key(of, part) if _is_decided(of, part) else part
    lines = gzip.decompress(objects.get(of.s3, of.lake, key)).splitlines()
    return {json.loads(line)["customer_id"]: line for line in lines}


def _is_decided(of: Replay, part: str) -> bool:
    return objects.exists(of.s3, of.lake, _decided_key(of, part))


def _decided_key(of: Replay, part: str) -> str:
    return zones.decided_part(of.run, zones.part_name(part))


def _withhold(of: Replay, sink: Sink, part: str, customers: Sequence[str]) -> None:
    rows = [
        LedgerRow(
            flow=sink.flow, run=of.run, customer_id=customer_id, sink=sink, status=Status.WITHHELD, reason=Reason.SUPERSEDED,
            at=of.at.isoformat(timespec="seconds"),
        )
        for customer_id in customers
    ]  # fmt: skip
    write_part(of.s3, of.lake, flow=sink.flow, run=of.run, sink=sink, part=part, rows=rows)
