"""Puts what Personalize trains on into the lake: interactions and users of customers who allow it, and the catalogue, as CSV."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from omnichannel.aws.dynamodb import batch_get
from omnichannel.consent.gate import allows
from omnichannel.contracts import zones
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.recommendations import (
    INTERACTIONS,
    ITEMS,
    LEAST_CUSTOMERS,
    LEAST_INTERACTIONS,
    LEAST_SHARE,
    TRAINING_DATA,
    USERS,
    TrainingData,
)
from omnichannel.recommendations.prepared import may_be_prepared
from omnichannel.transform.lake import Lake

READS = ("interactions", "items", "users")
"""The transformations that are exported."""
ASKED_AT_ONCE = 1_000
_PERMITTED = pa.schema([("user_id", pa.string()), ("mailed", pa.bool_())])
_ROWS = {
    INTERACTIONS: "FROM interactions JOIN permitted USING (user_id) ORDER BY timestamp, user_id, item_id, event_type",
    ITEMS: "FROM items ORDER BY item_id",
    USERS: "FROM users JOIN permitted USING (user_id) ORDER BY user_id",
}


def export(lake: Lake, dynamodb: Any, s3: Any, *, customers_table: str, bucket: str, work: Path, batch: bool = False) -> dict[str, Any]:
    """Writes the files and answers their keys and counts; with `batch` also whom a batch may recommend to.

    `run` is a hash of the interactions: the same ones are one import, other ones another. `ready` says whether they suffice to
    learn from, else `reason` what is lacking.
    """
    lake.build(*READS)
    ask_whom(lake, dynamodb, customers_table)
    lacking = shortage(lake)
    files = {data: work / f"{data.folder}.csv" for data in TRAINING_DATA}
    written = {f"{data.folder}_key": _upload(s3, bucket, data, write(lake, data, file)) for data, file in files.items()}
    if batch:
        s3.upload_file(str(_prepare(lake, work / "users.jsonl")), bucket, zones.PERSONALIZE_USERS)
    with files[INTERACTIONS].open("rb") as file:
        run = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return {"ready": not lacking, "reason": lacking, "run": run, **written, **_counts(lake)}


def write(lake: Lake, data: TrainingData, to: Path) -> Path:
    """One data set as CSV with the schema's names above its columns, the same bytes for the same rows."""
    named = ", ".join(f'{column} AS "{name}"' for column, name in zip(data.columns, data.names, strict=True))
    lake.connection.execute(f"COPY (SELECT {named} {_ROWS[data]}) TO '{to}' (FORMAT csv, HEADER)")
    return to


def _prepare(lake: Lake, to: Path) -> Path:
    """The users whom a batch may recommend to, as Personalize reads them: a JSON line each, none twice."""
    query = 'SELECT user_id AS "userId" FROM users JOIN permitted USING (user_id) WHERE mailed ORDER BY user_id'
    lake.connection.execute(f"COPY ({query}) TO '{to}' (FORMAT json)")
    return to


def shortage(lake: Lake) -> str:
    """What Personalize lacks to learn from these interactions, in words; empty when they suffice."""
    found = lake.rows(
        "SELECT coalesce(sum(n), 0) AS interactions, count(*) AS customers, count(*) FILTER (n >= 2) AS again "
        "FROM (SELECT count(*) AS n FROM interactions JOIN permitted USING (user_id) GROUP BY user_id)"
    )[0]
    if found["interactions"] < LEAST_INTERACTIONS:
        allowed = f"{int(found['interactions']):,} interactions of customers who allow personalization"
        return f"{allowed}; it learns from {LEAST_INTERACTIONS:,} on"
    if found["again"] < max(LEAST_CUSTOMERS, LEAST_SHARE * found["customers"]):
        again = f"{found['again']:,} of {found['customers']:,} customers who allow personalization have two interactions"
        return f"{again}; it learns from {LEAST_CUSTOMERS} and {LEAST_SHARE:.0%} of them on"
    return ""


def ask_whom(lake: Lake, dynamodb: Any, table: str) -> None:
    """Makes `permitted(user_id, mailed)`: of `users` those who allow personalization now, and whether of messages too.

    It asks as the gate before every use of their data does.
    """
    lake.put("permitted", pa.RecordBatchReader.from_batches(_PERMITTED, _permitted(lake, dynamodb, table)))


def _permitted(lake: Lake, dynamodb: Any, table: str) -> Iterator[pa.RecordBatch]:
    for batch in lake.batches("users", ASKED_AT_ONCE):
        keys = ({"customer_id": customer_id} for customer_id in batch.column("user_id").to_pylist())
        items = batch_get(dynamodb, table, keys, ("customer_id", "consents"))
        held = {item["customer_id"]: item.get("consents") or {} for item in items}
        allowed = {each: consents for each, consents in held.items() if allows(consents, Purpose.PERSONALIZATION, Channel.WEB)}
        mailed = [may_be_prepared(consents) for consents in allowed.values()]
        yield pa.record_batch([pa.array(allowed, pa.string()), pa.array(mailed, pa.bool_())], schema=_PERMITTED)


def _upload(s3: Any, bucket: str, data: TrainingData, file: Path) -> str:
    key = zones.personalize_file(data.folder)
    s3.upload_file(str(file), bucket, key)
    return key


def _counts(lake: Lake) -> dict[str, int]:
    queries = {
        "interactions": "interactions JOIN permitted USING (user_id)",
        "items": "items",
        "users": "users JOIN permitted USING (user_id)",
        "withheld_customers": "users ANTI JOIN permitted USING (user_id)",
    }
    return {name: int(lake.rows(f"SELECT count(*) AS n FROM {rows}")[0]["n"]) for name, rows in queries.items()}  # noqa: S608
