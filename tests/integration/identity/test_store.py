"""Links and events in the trusted zone: written once, kept with their history, and nobody's work overwritten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException, ValidationException

from omnichannel.contracts.identity import EVENTS_TABLE, LINKS_TABLE
from omnichannel.identity import store
from omnichannel.identity.store import events_of, links_of, settle
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake, manifest, needed
from tests.integration.identity.conftest import DATABASE

AT = datetime(2026, 11, 1, tzinfo=UTC)


def crm(ref: str, email: str, day: int = 1) -> dict[str, Any]:
    at = datetime(2026, 1, day, tzinfo=UTC)
    return {"customer_ref": ref, "email": email, "created_at": at, "source_ts": at, "_content_id": "c", "_line": day}


TWO = [crm("R1", "one@shop.example", 1), crm("R2", "two@shop.example", 2)]
JOINED = [*TWO, crm("R2", "one@shop.example", 3)]


def lake_of(work: Path, customers: list[dict[str, Any]]) -> Lake:
    lake = Lake(None, DATABASE, work, as_of=AT, memory_mb=256)
    for name in needed(("identity_sightings",), manifest()):
        if name in TABLES:
            schema = arrow_schema(TABLES[name])
            rows = customers if name == "customers_changes" else []
            lake.put(name, pa.Table.from_pylist([{f: row.get(f) for f in schema.names} for row in rows], schema=schema))
    return lake


def snapshots(catalog: Any) -> list[int]:
    return [len(catalog.load_table((DATABASE, name)).metadata.snapshots) for name in (LINKS_TABLE, EVENTS_TABLE)]


def test_the_same_again_commits_nothing(catalog, tmp_path):
    first = settle(catalog, DATABASE, lake_of(tmp_path, TWO), at=AT)
    made = snapshots(catalog)

    again = settle(catalog, DATABASE, lake_of(tmp_path, TWO), at=AT + timedelta(days=1))

    assert (first.changed, again.changed) == (True, False)
    assert snapshots(catalog) == made == [1, 1]
    assert links_of(catalog, DATABASE).equals(first.links)


def test_a_merge_is_kept_as_history_and_told_once(catalog, tmp_path):
    settle(catalog, DATABASE, lake_of(tmp_path, TWO), at=AT)

    merged = settle(catalog, DATABASE, lake_of(tmp_path, JOINED), at=AT)

    links = links_of(catalog, DATABASE).to_pylist()
    assert len([row for row in links if row["valid_to"]]) == 2
    assert len({row["customer_id"] for row in links if not row["valid_to"]}) == 1
    assert [row["other_customer_id"] for row in events_of(catalog, DATABASE).to_pylist() if row["kind"] == "merged"] == list(
        merged.redirects
    )


def test_the_lake_reads_the_new_links(catalog, tmp_path):
    lake = lake_of(tmp_path, TWO)

    settled = settle(catalog, DATABASE, lake, at=AT)

    assert lake.rows("SELECT count(*) AS n FROM identity_links") == [{"n": settled.links.num_rows}]


def test_a_run_that_died_between_events_and_links_tells_nothing_twice(catalog, tmp_path, monkeypatch):
    def dies(*_: Any) -> None:
        raise ConnectionError("killed")

    lake = lake_of(tmp_path, TWO)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_replace", dies)
        with pytest.raises(ConnectionError):
            settle(catalog, DATABASE, lake, at=AT)
    half = events_of(catalog, DATABASE)

    whole = settle(catalog, DATABASE, lake_of(tmp_path, TWO), at=AT + timedelta(hours=1))

    assert whole.changed
    assert half.num_rows == 2
    assert events_of(catalog, DATABASE).equals(half)


def test_links_that_somebody_changed_meanwhile_are_not_overwritten(catalog, tmp_path, monkeypatch):
    settle(catalog, DATABASE, lake_of(tmp_path, TWO), at=AT)
    resolve = store.resolve

    def meanwhile(*args: Any, **more: Any) -> Any:
        catalog.load_table((DATABASE, LINKS_TABLE)).delete("id_value = 'R2'")
        return resolve(*args, **more)

    monkeypatch.setattr(store, "resolve", meanwhile)

    with pytest.raises((CommitFailedException, ValidationException)):
        settle(catalog, DATABASE, lake_of(tmp_path, JOINED), at=AT)
    assert len(links_of(catalog, DATABASE).to_pylist()) == 3
