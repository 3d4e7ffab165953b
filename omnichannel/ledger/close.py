"""Closing an activation run's ledger: every customer of the audience is accounted for at every sink, or the run fails."""

import json
from collections.abc import Iterable
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Flow, Sink
from omnichannel.ledger.parts import parts_by_sink
from omnichannel.ledger.settled import SINK_FAILURES, rows_of, tries
from omnichannel.ledger.tally import Summary, Tally, accounted_for, closes

FLOWS = (Flow.SEGMENT, Flow.MESSAGING)


class LedgerOpen(Exception):
    """A ledger does not close: customers are missing, or there twice."""

    def __init__(self, summaries: Iterable[Summary]) -> None:
        super().__init__("; ".join(_gap(summary) for summary in summaries))


class SinkFailed(Exception):
    """The ledger closes, but a sink took nothing of a part of it."""

    def __init__(self, summaries: Iterable[Summary]) -> None:
        super().__init__("; ".join(_failure(summary) for summary in summaries))


def summarize(s3: Any, bucket: str, run: str, *, customers: int, sinks: Iterable[Sink] = ()) -> list[Summary]:
    """Adds the run's parts up and writes each flow's summary; `sinks` must appear even if they left no part."""
    summaries: list[Summary] = []
    for flow in FLOWS:
        parts = parts_by_sink(s3, bucket, flow=flow, run=run)
        expected = {sink.value for sink in sinks if sink.flow is flow}
        rows = [_summary(s3, bucket, flow, run, sink, parts.get(sink, []), customers) for sink in sorted(parts.keys() | expected)]
        objects.put(s3, bucket, zones.ledger_summary(flow, run), json.dumps({"rows": rows}, indent=1).encode(), objects.JSON)
        summaries += rows
    return summaries


def check(summaries: Iterable[Summary]) -> None:
    """Raises `LedgerOpen` for any that does not close, else `SinkFailed` for any sink that was unauthorised or unavailable."""
    summaries = list(summaries)
    if unclosed := [summary for summary in summaries if not closes(summary)]:
        raise LedgerOpen(unclosed)
    if failed := [summary for summary in summaries if _failures(summary)]:
        raise SinkFailed(failed)


def to_replay(summary: Summary) -> int:
    """How many customers a replay would try again: those that the sink did not take, and those that are missing."""
    missing = max(summary["in"] - accounted_for(summary), 0)
    return int(sum(_failures(summary).values()) + summary["dead_lettered"] + missing)


def _summary(s3: Any, bucket: str, flow: str, run: str, sink: str, keys: Iterable[str], customers: int) -> Summary:
    tally = Tally(flow=flow, run=run, sink=sink)
    for part in tries(keys).values():
        tally.add(rows_of(s3, bucket, part))
    return tally.summary(customers)


def _failures(summary: Summary) -> dict[str, int]:
    return {reason: summary["rejected"][reason] for reason in SINK_FAILURES if summary["rejected"].get(reason)}


def _gap(summary: Summary) -> str:
    return (
        f"the ledger of {summary['flow']}/{summary['sink']}, run {summary['run']}, does not close: "
        f"{summary['in']} customers in, {accounted_for(summary)} accounted for, {summary['twice']} twice"
    )


def _failure(summary: Summary) -> str:
    counts = ", ".join(f"{count} {reason}" for reason, count in _failures(summary).items())
    run = summary["run"]
    return f"{summary['sink']} did not take {counts} of {summary['in']} customers of run {run}; omni replay {run} once it answers"
