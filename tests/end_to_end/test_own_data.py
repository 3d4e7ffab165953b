"""The main job on somebody's own files: orders and nothing else, broken files among them, and dates that cannot work."""

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import omni

CUSTOMERS = 400
END = datetime(2026, 9, 1, tzinfo=UTC)
HISTORY = timedelta(days=420)
ORDERS = "dms/sales/orders/LOAD00000001.csv"
HEADER = ("order_id", "customer_ref", "ordered_at", "channel", "status", "total", "currency", "source_ts")


def orders() -> list[tuple[str, ...]]:
    """Rows of customers who each buy at a pace of their own, some of whom stop; the same every time."""
    chance = random.Random(5)
    bought = []
    for number in range(CUSTOMERS):
        pace, at = chance.choice((12, 25, 45, 90, 200)), END - HISTORY * chance.uniform(0.2, 1)
        until = at + timedelta(days=chance.uniform(0, 200)) if chance.random() < 0.3 else END
        while at < min(until, END):
            bought.append((f"{at:%Y-%m-%dT%H:%M:%SZ}", f"u-{number}", f"{chance.uniform(5, 90):.2f}"))
            at += timedelta(days=0.5 + chance.expovariate(1 / pace))
    return [(f"o-{n}", ref, at, "web", "completed", total, "EUR", at) for n, (at, ref, total) in enumerate(sorted(bought))]


def as_csv(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def land(landing: Path, files: dict[str, bytes]) -> None:
    for key, body in files.items():
        (landing / key).parent.mkdir(parents=True, exist_ok=True)
        (landing / key).write_bytes(body)


@dataclass(frozen=True)
class Own:
    """A sandbox after the main job on orders and seven broken files."""

    home: Path
    landing: Path
    out: Path
    said: str

    def json(self, name: str) -> Any:
        return json.loads((self.out / name).read_text())

    def ledger(self, flow: str) -> dict[str, dict[str, Any]]:
        return {row["sink"]: row for row in self.json("ledger.json")["rows"] if row["flow"] == flow}

    def scores(self) -> list[dict[str, str]]:
        with (self.out / "scores.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    home, landing, out = (tmp_path_factory.mktemp(name) for name in ("sandboxes", "landing", "out"))
    whole = as_csv(HEADER, orders())
    land(
        landing,
        {
            ORDERS: whole,
            "dms/sales/orders/LOAD00000002.csv": whole,
            "dms/sales/orders/20260901-000000000.csv.gz": gzip.compress(whole)[:9000],
            "dms/sales/returns/LOAD00000001.csv": b"",
            "dms/catalog/products/LOAD00000001.csv": b"product_id,name\np-1,Cup\np-2,Plate\n",
            "consents/first.csv": "consent_id,customer_ref\nc-1,Zo\u00eb\n".encode("latin-1"),
            "dms/crm/customers/LOAD00000001.xyz": b"\x00\x01\x02",
            "notes/readme.txt": b"not for the loop",
        },
    )
    done = omni(home, "demo", "--landing", str(landing), "--as-of", f"{END:%Y-%m-%d}", "--out", str(out), "--name", "own")
    try:
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield Own(home, landing, out, done.stdout)
    finally:
        omni(home, "down", "--wipe", "--name", "own")


def test_orders_alone_are_enough_to_score_everybody_who_bought(own: Own) -> None:
    scores, models = own.scores(), own.json("metrics.json")["models"]

    refs = {row["customer_ref"] for row in scores if row["repurchase_score"]}

    assert refs == {row[1] for row in orders()}
    assert all(0 <= float(row[name]) <= 1 for row in scores for name in ("churn_score", "repurchase_score") if row[name])
    assert set(models) == {"churn", "repurchase"}
    assert all(0.55 < model["roc_auc"] < 0.97 and model["population"] > 100 for model in models.values())


def test_nobody_is_sent_anything_without_consent(own: Own) -> None:
    segment, messaging = own.ledger("segment")["segment"], own.ledger("messaging")["pinpoint"]

    received = [path.read_text() for path in sorted((own.out / "delivered").iterdir())]

    assert all(set(row["withheld"]) == {"no-consent", "holdout"} for row in (segment, messaging))
    assert all((row["delivered"], sum(row["withheld"].values())) == (0, CUSTOMERS) for row in (segment, messaging))
    assert received == ["", "", ""]


def test_what_is_left_out_for_want_of_data_is_said(own: Own) -> None:
    said, withheld = " ".join(own.said.split()), own.ledger("segment")["segment"]["withheld"]

    assert "not trained, popular products are shown instead: 0 interactions" in said
    assert "Live events and recommendations: skipped" in said
    assert "Segment: nothing sent" in said
    assert all(f"{n} {reason}" in said for reason, n in withheld.items())
    assert (own.out / "report.html").exists()
    assert not (own.out / "story.json").exists()


def test_each_broken_file_is_refused_for_its_own_reason(own: Own) -> None:
    records = [json.loads(line) for path in (own.out / "quarantine").rglob("*.jsonl") for line in path.read_text().splitlines()]

    reasons = {record["file"]: record["reason"] for record in records}

    assert reasons == {
        "dms/sales/orders/20260901-000000000.csv.gz": "truncated-file",
        "dms/sales/returns/LOAD00000001.csv": "empty-file",
        "dms/catalog/products/LOAD00000001.csv": "missing-column",
        "consents/first.csv": "wrong-encoding",
        "dms/crm/customers/LOAD00000001.xyz": "unknown-format",
        "notes/readme.txt": "unknown-prefix",
    }


def test_the_same_file_twice_is_trusted_once_and_the_ledger_closes(own: Own) -> None:
    rows = own.json("ledger.json")["rows"]

    landed = own.ledger("onboarding")["sales/orders"]

    assert landed["delivered"] == landed["withheld"]["duplicate-content"] == len(orders())
    assert all(r["in"] == r["delivered"] + sum(r["withheld"].values()) + sum(r["rejected"].values()) + r["dead_lettered"] for r in rows)


def test_a_date_that_cannot_work_is_refused_with_those_that_can(own: Own) -> None:
    late = END + timedelta(days=60)

    runs = {day: omni(own.home, "score", "--as-of", day, "--name", "own") for day in ("2031-01-01", f"{late:%Y-%m-%d}")}

    future, silent = (" ".join(run.stderr.split()) for run in runs.values())
    assert {run.returncode for run in runs.values()} == {1}
    assert "2031-01-01 lies in the future" in future
    assert "sales/orders stopped arriving" in silent
    assert f"an as-of date up to {END:%Y-%m-%d}" in silent
    assert "Traceback" not in future + silent


def test_a_folder_that_cannot_feed_the_loop_is_refused_before_anything_starts(tmp_path: Path) -> None:
    land(tmp_path / "no-orders", {"dms/crm/customers/LOAD00000001.csv": b"customer_ref\n"})
    (tmp_path / "empty").mkdir()

    folders = ("no-orders", "empty", "absent")
    refused = {name: omni(tmp_path, "demo", "--landing", str(tmp_path / name), "--as-of", "2026-09-01") for name in folders}

    assert {name: done.returncode for name, done in refused.items()} == dict.fromkeys(refused, 1)
    assert all("dms/sales/orders/" in refused[name].stderr for name in ("no-orders", "empty"))
    assert "is not a folder" in refused["absent"].stderr
    assert not any("Traceback" in done.stderr for done in refused.values())
