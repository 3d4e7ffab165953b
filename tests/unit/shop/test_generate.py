"""The generated landing folder: reproducible, in the contract's shape, over before the as-of date, and its dirt is known."""

import csv
import gzip
import hashlib
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet
import pytest

from omnichannel.contracts.datasets import CONSENTS, EVENTS, SOURCED, Format, dataset_of
from omnichannel.contracts.events import EventName
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.tracking_plan import PLAN, Gap
from sandbox.shop.generate import generate
from sandbox.shop.truth import FILE_NAME, Truth

CAUGHT_AT_LANDING = set(list(Reason)[: list(Reason).index(Reason.NO_CONSENT)])
SMALL = {"customers": 200, "events": 14_000}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("clean") / "landing"
    generate(landing, dirt=False, **SMALL)
    return landing


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("dirty") / "landing"
    generate(landing, **SMALL)
    return landing


def files(landing: Path) -> list[Path]:
    return sorted(p for p in landing.rglob("*") if p.is_file())


def digest(landing: Path) -> str:
    return hashlib.sha256(b"".join(p.relative_to(landing).as_posix().encode() + p.read_bytes() for p in files(landing))).hexdigest()


def records(path: Path) -> list[dict[str, Any]]:
    """A text file's records, empty CSV fields left out."""
    content = path.read_bytes()
    if path.suffix == ".csv":
        return [{k: v for k, v in row.items() if v != ""} for row in csv.DictReader(content.decode().splitlines())]
    plain = gzip.decompress(content) if path.suffix == ".gz" else content
    return [orjson.loads(line) for line in plain.splitlines()]


def at(message: dict[str, Any], path: str) -> Any:
    value: Any = message
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def rows_of(landing: Path, prefix: str) -> list[dict[str, Any]]:
    return [
        row
        for path in files(landing)
        if path.relative_to(landing).as_posix().startswith(prefix) and path.suffix != ".parquet"
        for row in records(path)
    ]


def test_the_same_seed_gives_the_same_bytes(dirty: Path, tmp_path: Path) -> None:
    generate(tmp_path / "landing", **SMALL)

    assert digest(tmp_path / "landing") == digest(dirty)


def test_another_seed_gives_another_shop(dirty: Path, tmp_path: Path) -> None:
    generate(tmp_path / "landing", seed=8, **SMALL)

    assert digest(tmp_path / "landing") != digest(dirty)


def test_every_data_set_of_the_contract_has_landed_and_nothing_else(clean: Path) -> None:
    landed = {dataset_of(path.relative_to(clean).as_posix()).name for path in files(clean)}

    assert landed == {dataset.name for dataset in SOURCED}


def test_every_required_column_is_there(clean: Path) -> None:
    missing = []
    for path in files(clean):
        dataset = dataset_of(path.relative_to(clean).as_posix())
        if path.suffix == ".csv":
            names = path.read_text().splitlines()[0].split(",")
            missing += [(path.name, c.source) for c in dataset.landed_columns if c.required and c.source not in names]

    assert missing == []


def test_one_load_comes_as_parquet_with_typed_columns(clean: Path) -> None:
    found = [path for path in files(clean) if path.suffix == f".{Format.PARQUET}"]

    schema = pyarrow.parquet.read_schema(found[0])

    assert [str(schema.field(name).type) for name in ("quantity", "source_ts")] == ["int64", "timestamp[us, tz=UTC]"]


def test_everything_happened_before_the_as_of_date(clean: Path) -> None:
    end = "2026-11-01T00:00:00"
    happened = ("source_ts", "ordered_at", "opened_at", "recorded_at", "at", "timestamp")

    times = [str(row[name]) for row in rows_of(clean, "") for name in happened if name in row]

    assert max(times) < end


def test_history_reaches_back_as_far_as_asked(clean: Path) -> None:
    first = min(str(row["ordered_at"]) for row in rows_of(clean, "dms/sales/orders/"))

    assert (datetime(2026, 11, 1, tzinfo=UTC) - datetime.fromisoformat(first)).days > 530


def test_there_are_about_as_many_events_as_asked_for(tmp_path: Path) -> None:
    truth = generate(tmp_path / "landing", customers=400, events=40_000, dirt=False)

    assert truth.rows[EVENTS.name].landed == pytest.approx(40_000, rel=0.12)


def test_behaviour_uses_segments_own_event_names(clean: Path) -> None:
    messages = rows_of(clean, EVENTS.prefix)

    names = {str(message["event"]) for message in messages if message["type"] == "track"}

    assert set(map(str, EventName)) <= names <= set(PLAN)
    assert {message["type"] for message in messages} == {"track", "identify", "screen"}


def test_every_message_carries_what_the_tracking_plan_asks_for(clean: Path) -> None:
    columns = {column.name: column.source for column in EVENTS.columns}
    tracked = [message for message in rows_of(clean, EVENTS.prefix) if message["type"] == "track"]

    gaps = {
        (message["event"], gap)
        for message in tracked
        for gap in PLAN[message["event"]].gaps({name for name, path in columns.items() if at(message, path) is not None})
        if gap[0] is Gap.MISSING_PROPERTY
    }

    assert gaps == set()


def test_identify_links_a_device_to_a_user(clean: Path) -> None:
    logins = [message for message in rows_of(clean, EVENTS.prefix) if message["type"] == "identify"]

    assert logins
    assert all(message["userId"] and message["anonymousId"] for message in logins)


def test_web_orders_stand_in_both_the_events_and_the_orders(clean: Path) -> None:
    known = {str(row["order_id"]) for row in rows_of(clean, "dms/sales/orders/")}
    messages = [message for message in rows_of(clean, EVENTS.prefix) if message.get("event") == EventName.ORDER_COMPLETED]

    completed = {str(message["properties"]["order_id"]) for message in messages}

    assert completed
    assert completed <= known


def test_some_till_sales_lack_their_customer_and_some_of_these_can_be_resolved(clean: Path) -> None:
    till = [row for row in rows_of(clean, "dms/sales/orders/") if row["channel"] == "store"]

    nameless = [row for row in till if "customer_ref" not in row]

    assert 0.3 < len(nameless) / len(till) < 0.7
    assert {"loyalty_card", "email"} <= {name for row in nameless for name in row}


def test_most_customers_grant_marketing_and_personalization_and_some_withdraw(clean: Path) -> None:
    rows = rows_of(clean, CONSENTS.prefix)
    shares = {p: sum(r["granted"] == "true" for r in rows if r["purpose"] == p) for p in ("marketing", "personalization")}

    assert shares["marketing"] == pytest.approx(160, abs=25)
    assert shares["personalization"] == pytest.approx(170, abs=25)
    assert any(row["source"] == "preference-centre" and row["granted"] == "false" for row in rows)


def test_the_truth_lies_beside_the_landing_folder_and_counts_every_file(dirty: Path) -> None:
    truth = Truth.read(dirty.parent / FILE_NAME)

    assert truth.files == len(files(dirty))
    assert not list(dirty.rglob(FILE_NAME))


def test_dirt_is_of_every_kind_that_onboarding_knows(dirty: Path) -> None:
    truth = Truth.read(dirty.parent / FILE_NAME)

    reasons = {record.reason for record in truth.bad} | ({Reason.DUPLICATE_CONTENT} if truth.duplicates else set())

    assert reasons == CAUGHT_AT_LANDING


def test_without_dirt_everything_is_good(clean: Path) -> None:
    truth = Truth.read(clean.parent / FILE_NAME)

    assert (truth.bad, truth.duplicates) == ([], {})
    assert all(rows.landed == rows.good for rows in truth.rows.values())


def test_the_named_line_is_the_bad_record(dirty: Path) -> None:
    truth = Truth.read(dirty.parent / FILE_NAME)
    closed = [record for record in truth.bad_rows if record.reason is Reason.UNKNOWN_VALUE and record.file.endswith(".csv")]

    found = [list(csv.DictReader((dirty / r.file).read_text().splitlines()))[r.line - 1] for r in closed]

    assert closed
    assert all("something-else" in row.values() for row in found)


def test_a_duplicate_has_the_same_bytes(dirty: Path) -> None:
    truth = Truth.read(dirty.parent / FILE_NAME)

    pairs = [((dirty / again).read_bytes(), (dirty / first).read_bytes()) for again, first in truth.duplicates.items()]

    assert pairs
    assert all(again == first for again, first in pairs)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(FileExistsError, match="not empty"):
        generate(tmp_path, **SMALL)


@pytest.mark.parametrize("sizes", [{"customers": 3}, {"months": 2}])
def test_sizes_that_make_no_shop_are_refused(sizes: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 50 customers and 6 months"):
        generate(tmp_path / "landing", **sizes)


def test_the_as_of_date_moves_everything(tmp_path: Path) -> None:
    generate(tmp_path / "landing", customers=60, events=500, as_of=date(2025, 3, 15), dirt=False)

    assert max(str(row["ordered_at"]) for row in rows_of(tmp_path / "landing", "dms/sales/orders/")) < "2025-03-15"


def test_tickets_are_more_often_about_what_was_sent_back(tmp_path: Path) -> None:
    generate(tmp_path / "landing", customers=1_000, events=500, dirt=False)

    topics = Counter(row["topic"] for row in rows_of(tmp_path / "landing", "support/tickets/"))

    about_a_return = topics.pop("quality"), topics.pop("refund")
    assert min(about_a_return) > 1.1 * max(topics.values())
