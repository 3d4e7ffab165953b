"""The ledgers of all flows, each as the rows of `ledger.json`; and whether they close."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omnichannel.aws.iceberg import catalog
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import OWN, SOURCED
from omnichannel.contracts.ledger import Flow
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import unpacked
from omnichannel.ledger.tally import Summary, Tally
from omnichannel.onboarding.history import contents
from omnichannel.onboarding.read import scan
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError


def ledger(cloud: Cloud, activation_run: str) -> list[Summary]:
    """Onboarding by data set, the activation run by sink, and the live events."""
    rows = onboarding(history(cloud), trusted(cloud))
    for flow in (Flow.SEGMENT, Flow.MESSAGING):
        rows += _summary(cloud, flow, activation_run)
    return [*rows, *events(cloud)]


def history(cloud: Cloud) -> list[dict[str, Any]]:
    """Every landed content that onboarding has seen."""
    return list(contents(cloud.client("dynamodb"), cloud.deployment.history_table))


def trusted(cloud: Cloud) -> Counter[str]:
    """How many rows of each landed content the trusted tables hold: counted there, not taken from what onboarding says."""
    tables, counts = catalog(), Counter[str]()
    for dataset in SOURCED:
        found = scan(tables, cloud.deployment.glue_database, dataset.table, ["_content_id"])["_content_id"]
        for content in found.value_counts().to_pylist():
            counts[content["values"]] += content["counts"]
    return counts


def onboarding(items: Iterable[dict[str, Any]], rows_trusted: Mapping[str, int]) -> list[Summary]:
    """What landed by data set: rows trusted, rows quarantined by reason, rows of content that had landed before.

    Rows that a table has beyond what was staged of a content count as `twice`; rows that it lacks leave the ledger open. Refused rows
    that were taken up again count where they are now.
    """
    by_dataset: dict[str, Summary] = {}
    own = {dataset.name for dataset in OWN}  # what activation lands meanwhile is its own account, not what a source sent
    for item in (each for each in items if each["dataset"] not in own):
        row = by_dataset.setdefault(item["dataset"], _row(Flow.ONBOARDING, "all", item["dataset"]))
        rows_in, again, there = int(item["rows_in"]), len(item.get("duplicates", [])), rows_trusted.get(item["content_id"], 0)
        staged = int(item["rows_staged"])
        refused = {} if "redriven_by" in item else item.get("quarantined", {})
        row["in"] += rows_in * again + (staged if "redriven_by" in item else rows_in)
        row["delivered"] += min(there, staged)
        row["twice"] += max(there - staged, 0)
        for reason, count in refused.items():
            row["rejected"][reason] = row["rejected"].get(reason, 0) + int(count)
        if again and rows_in:
            row["withheld"][Reason.DUPLICATE_CONTENT.value] = row["withheld"].get(Reason.DUPLICATE_CONTENT.value, 0) + rows_in * again
    return [by_dataset[name] for name in sorted(by_dataset)]


def events(cloud: Cloud) -> list[Summary]:
    """The live events, each counted once however often it was delivered to the relay."""
    newest = {row["message_id"]: row for row in events_rows(cloud)}
    tally = Tally(flow=Flow.EVENTS, run="all", sink="personalize")
    tally.add({**row, "customer_id": message} for message, row in newest.items())
    return [tally.summary()] if newest else []


def events_rows(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Every row of the events ledger, in the order in which the parts were written."""
    s3, bucket = cloud.client("s3"), cloud.deployment.lake_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{zones.LEDGER}/flow={Flow.EVENTS}/")
    found = [item for page in pages for item in page.get("Contents", []) if item["Key"].endswith(".jsonl.gz")]
    for item in sorted(found, key=lambda part: part["LastModified"]):
        yield from unpacked(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())


def by_reason(rows: Iterable[Summary]) -> Counter[str]:
    """How many were withheld or rejected, by reason, over all rows."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row["withheld"])
        total.update(row["rejected"])
    return total


def told(rows: Iterable[Summary], sent: int) -> str:
    """What the run sent to Segment, in a sentence: how many, or why nobody."""
    if sent:
        return f"{sent:,} identifies sent"
    segment = [row for row in rows if row["flow"] == Flow.SEGMENT]
    why = by_reason(segment)
    if why.pop(Reason.UNCHANGED, 0) or sum(row["delivered"] for row in segment):
        return "nothing sent; nothing that counts has changed since the last run" + (f" ({in_words(why)})" if why else "")
    return f"nothing sent; {in_words(why) or 'nobody was scored'}"


def refuse_without_needed(rows: Sequence[Summary], quarantine: Path) -> None:
    """Raises `SandboxError` with the reasons when no row of a data set that scoring needs is trusted; `rows` are onboarding's.

    `quarantine` is the folder where the refused records can be read.
    """
    trusted = {row["sink"]: row["delivered"] for row in rows}
    for name in (dataset.name for dataset in SOURCED if dataset.needed and not trusted.get(dataset.name)):
        why = in_words(by_reason(row for row in rows if row["sink"] == name)) or "no rows"
        hint = f"{quarantine} names each file, line and column; docs/data-sets.md says what {name} looks like"
        raise SandboxError("Onboarding", f"nothing of {name} could be trusted: {why}", hint=hint)


def in_words(why: Counter[str]) -> str:
    """Counts by reason, the most frequent first."""
    return ", ".join(f"{count:,} {reason}" for reason, count in why.most_common())


def _summary(cloud: Cloud, flow: Flow, run: str) -> list[Summary]:
    key = zones.ledger_summary(flow, run)
    body = cloud.client("s3").get_object(Bucket=cloud.deployment.lake_bucket, Key=key)["Body"].read()
    return list(json.loads(body)["rows"])


def _row(flow: Flow, run: str, sink: str) -> Summary:
    return {
        "flow": flow.value,
        "run": run,
        "sink": sink,
        "in": 0,
        "delivered": 0,
        "withheld": {},
        "rejected": {},
        "dead_lettered": 0,
        "twice": 0,
    }
