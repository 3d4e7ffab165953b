"""Stage A against its floor: DuckDB's own typed read of the same file to Parquet, with the same threads and memory, in the same run.

`python -m tests.benchmarks.stage_a [ROWS]` prints a table. Each run is a process of its own, so that its peak memory is its own; floor
and stage A take turns, and the best of the repeats counts. Files of twice and ten times the rows have stage A's own time and memory with
the rows as their floor.
"""
# ruff: noqa: S608 - our own SQL

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from omnichannel.contracts.datasets import EVENTS, ORDERS, Dataset, Type
from omnichannel.onboarding import check
from omnichannel.onboarding.examine import GOOD, Content, Limits, examine
from omnichannel.onboarding.rules import identifier, literal, sql_type

REPEATS = 3
THREADS, MEMORY_MB = 2, 1024
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TWICE, TENFOLD = 2.2, 1.2
"""The most that twice the rows may take of the time, and ten times the rows of the peak memory."""
BAD_EVERY = 100
"""One line in so many is bad, where a file has bad lines."""


@dataclass(frozen=True)
class Case:
    """One kind of file: how it is made, its data set, the floor's way to read it, and the most that stage A may take of its time."""

    name: str
    key: str
    dataset: Dataset
    make: Callable[[Path, int], None]
    floor: Callable[[Path], str]
    goal: float


def measure(rows: int, repeats: int = REPEATS) -> list[dict[str, Any]]:
    """A result a case: seconds (`value`), the floor's seconds, their ratio, whether the goal is met, stage A's peak memory in MB.

    `cpu_ratio` is the same of processor time, which other work on the machine disturbs less.
    """
    with tempfile.TemporaryDirectory(prefix="bench-stage-a-") as folder:
        measured = [_measured(case, rows, Path(folder), repeats) for case in CASES]
        return [*measured, _twice(CASES[0], rows, Path(folder), repeats), _tenfold(CASES[0], rows, Path(folder), repeats)]


def _measured(case: Case, rows: int, folder: Path, repeats: int) -> dict[str, Any]:
    file = folder / Path(case.key).name
    case.make(file, rows)
    turns = [(_run("floor", case, file), _run("stage", case, file)) for _ in range(repeats)]
    file.unlink()
    floor, value = min(turn[0]["seconds"] for turn in turns), min(turn[1]["seconds"] for turn in turns)
    ratio = value / floor
    return {
        "name": f"stage A: {case.name}", "value": round(value, 3), "unit": "s", "floor": round(floor, 3), "ratio": round(ratio, 2),
        "goal": case.goal, "met": ratio <= case.goal, "rows": rows, "peak_mb": max(turn[1]["peak_mb"] for turn in turns),
        "floor_peak_mb": max(turn[0]["peak_mb"] for turn in turns),
        "cpu_ratio": round(min(turn[1]["cpu"] for turn in turns) / min(turn[0]["cpu"] for turn in turns), 2),
    }  # fmt: skip


def _twice(case: Case, rows: int, folder: Path, repeats: int) -> dict[str, Any]:
    """Seconds of a file of twice the rows; the floor are those of a file of `rows`, the two taking turns."""
    once, twice = folder / "once", folder / "twice"
    case.make(once, rows)
    case.make(twice, 2 * rows)
    turns = [(_run("stage", case, once), _run("stage", case, twice)) for _ in range(repeats)]
    once.unlink()
    twice.unlink()
    floor, value = (min(turn[n]["seconds"] for turn in turns) for n in range(2))
    return {
        "name": "stage A: clean JSON lines, twice the rows", "value": round(value, 3), "unit": "s", "floor": round(floor, 3),
        "ratio": round(value / floor, 2), "goal": TWICE, "met": value / floor <= TWICE, "rows": 2 * rows,
        "peak_mb": max(turn[1]["peak_mb"] for turn in turns), "floor_peak_mb": max(turn[0]["peak_mb"] for turn in turns),
        "cpu_ratio": round(min(turn[1]["cpu"] for turn in turns) / min(turn[0]["cpu"] for turn in turns), 2),
    }  # fmt: skip


def _tenfold(case: Case, rows: int, folder: Path, repeats: int) -> dict[str, Any]:
    """Peak memory with ten times the rows; the floor is that with `rows`. One file at a time: ten million rows take 7 GB of disk.

    Peaks of one file differ by a tenth from run to run, so the highest of the repeats counts on both sides.
    """
    runs = []
    for size in (rows, 10 * rows):
        case.make(file := folder / "tenfold", size)
        runs.append([_run("stage", case, file) for _ in range(repeats)])
        file.unlink()
    floor, value = (max(run["peak_mb"] for run in of_size) for of_size in runs)
    once, tenfold = (min(run["cpu"] for run in of_size) for of_size in runs)
    return {
        "name": "stage A: clean JSON lines, ten times the rows", "value": value, "unit": "MB", "floor": floor,
        "ratio": round(value / floor, 2), "goal": TENFOLD, "met": value / floor <= TENFOLD, "rows": 10 * rows, "peak_mb": value,
        "floor_peak_mb": floor, "cpu_ratio": round(tenfold / once, 2),
    }  # fmt: skip


def _run(what: str, case: Case, file: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.stage_a", what, str(CASES.index(case)), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def _floor(case: Case, file: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=file.parent) as work:
        connection = check.connect(Path(work), memory_mb=MEMORY_MB, threads=THREADS)
        begun = _clock()
        connection.execute(f"COPY ({case.floor(file)}) TO {literal(f'{work}/floor.parquet')} (FORMAT parquet, COMPRESSION zstd)")
        return _since(begun)


def _stage(case: Case, file: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        work = Path(folder)
        landed = work / "landed"
        landed.hardlink_to(file)
        content = Content(content_id="0" * 40, key=case.key, received=NOW)
        begun = _clock()
        staged = examine(landed, content, work, now=NOW, limits=Limits(memory_mb=MEMORY_MB, threads=THREADS))
        took = _since(begun)
        if staged.status != "staged" or not (work / GOOD).stat().st_size:
            raise RuntimeError(f"{case.name}: {staged}")
        return took


def _clock() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> dict[str, float]:
    wall, cpu = _clock()
    return {"seconds": wall - begun[0], "cpu": cpu - begun[1]}


def _main(arguments: list[str]) -> None:
    if len(arguments) == 3:
        case, file = CASES[int(arguments[1])], Path(arguments[2])
        took = {"floor": _floor, "stage": _stage}[arguments[0]](case, file)
        sys.stdout.write(json.dumps({**took, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
        return
    for found in measure(int(arguments[0]) if arguments else 1_000_000):
        words = "{name:45} {value:8.2f} {unit}, floor {floor:7.2f} {unit}, {ratio:5.2f} x (goal {goal}) met={met}"
        words += ", CPU {cpu_ratio} x, peak {peak_mb} MB"
        sys.stdout.write(words.format(**found) + f" (floor {found['floor_peak_mb']} MB)\n")


# What the floor reads: every column of the file, those of the contract in their types and the others as they are.

_UNKNOWN = ("context.ip", "context.library", "context.userAgent", "version", "writeKey")
"""What the messages have that the contract does not know; stage A keeps it, too."""


def _typed_columns(dataset: Dataset) -> str:
    header = [("Op" if c.name == "op" else c.name, sql_type(c)) for c in dataset.landed_columns]
    return "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in header) + "}"


def _csv_floor(file: Path) -> str:
    return f"SELECT * FROM read_csv({literal(str(file))}, header=true, auto_detect=false, quote='\"', columns={_typed_columns(ORDERS)})"


def _parquet_floor(file: Path) -> str:
    return f"SELECT * FROM read_parquet({literal(str(file))})"


def _json_floor(file: Path) -> str:
    """Nested objects as structs; what is kept whole as JSON stays JSON, and what lies below it is taken out of it."""
    whole = {tuple(c.source.split(".")) for c in EVENTS.landed_columns if c.type is Type.JSON}
    tree: dict[str, Any] = {}
    picked = []
    for column in EVENTS.landed_columns:
        path = tuple(column.source.split("."))
        above = next((path[:n] for n in range(1, len(path)) if path[:n] in whole), None)
        if above:
            picked.append(f"{_member(above)} ->> {literal('$.' + '.'.join(path[len(above) :]))} AS {identifier(column.name)}")
        else:
            _grow(tree, path, "JSON" if column.type is Type.JSON else sql_type(column))
            picked.append(f"{_member(path)} AS {identifier(column.name)}")
    for name in _UNKNOWN:
        _grow(tree, tuple(name.split(".")), "VARCHAR")
        picked.append(f"{_member(tuple(name.split('.')))} AS {identifier(name)}")
    columns = "{" + ", ".join(f"{literal(key)}: {literal(_kind(value))}" for key, value in tree.items()) + "}"
    options = f"format='newline_delimited', ignore_errors=true, columns={columns}"
    return f"SELECT {', '.join(picked)} FROM read_json({literal(str(file))}, {options})"


def _grow(tree: dict[str, Any], path: tuple[str, ...], leaf: str) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = leaf


def _kind(value: Any) -> str:
    return value if isinstance(value, str) else "STRUCT(" + ", ".join(f"{identifier(k)} {_kind(v)}" for k, v in value.items()) + ")"


def _member(path: tuple[str, ...]) -> str:
    return ".".join(map(identifier, path))


# The files.


def _write(query: str, file: Path, options: str) -> None:
    duckdb.connect(config={"threads": THREADS}).execute(f"COPY ({query}) TO {literal(str(file))} ({options})")


_AT = "strftime(TIMESTAMP '2026-01-01' + to_milliseconds(hash(n) % 26000000000), '%Y-%m-%dT%H:%M:%S.%gZ')"
_LINES = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01'"


def _events(bad: str) -> Callable[[Path, int], None]:
    """Web events of some 630 bytes; `bad` is SQL of a bad line made of a good one."""
    message = f"""json_object('messageId', 'm-' || n || '-' || md5(n::VARCHAR), 'type', 'track',
        'event', ['Product Viewed', 'Product Added', 'Order Completed'][1 + n % 3], 'userId', 'R' || (hash(n) % 100000),
        'anonymousId', md5('a' || n), 'timestamp', {_AT}, 'receivedAt', {_AT}, 'channel', 'client',
        'context', json_object('sessionId', 's' || (n // 20), 'device', json_object('type', 'mobile'), 'ip', '10.0.0.1',
            'library', json_object('name', 'analytics.js', 'version', '2.1'), 'userAgent', 'Mozilla/5.0 (X11; Linux x86_64)',
            'consent', json_object('categoryPreferences', json_object('marketing', n % 2 = 0, 'analytics', true))),
        'properties', json_object('product_id', 'P' || (hash(n) % 5000), 'category', 'shoes', 'price', (hash(n) % 20000) / 100,
            'quantity', 1 + n % 4, 'currency', 'EUR'), 'version', 2, 'writeKey', 'w')::VARCHAR"""

    def make(file: Path, rows: int) -> None:
        line = f"CASE WHEN n % {BAD_EVERY} = 7 THEN {bad} ELSE line END" if bad else "line"
        _write(f"SELECT {line} FROM (SELECT n, {message} AS line FROM range({rows}) t(n))", file, f"{_LINES}, COMPRESSION gzip")

    return make


_THREE_WAYS = """CASE n // 100 % 3 WHEN 0 THEN left(line, 200) WHEN 1 THEN replace(line, '"timestamp":"2', '"timestamp":"x')
    ELSE replace(line, '"type":"track"', '"type":"trick"') END"""


def _orders(quoted: bool, bad: bool = False) -> Callable[[Path, int], None]:
    email = f"'u{', ' if quoted else ''}' || (hash(n) % 1000000) || '@example.com'"
    channel = f"CASE WHEN n % {BAD_EVERY} = 7 THEN 'fax' ELSE 'web' END" if bad else "'web'"
    query = f"""SELECT 'I' AS Op, {_AT} AS source_ts, 'O' || n AS order_id, 'R' || (hash(n) % 100000) AS customer_ref, NULL AS loyalty_card,
        {email} AS email, {_AT} AS ordered_at, {channel} AS channel, NULL AS store_id, 'completed' AS status,
        ((hash(n) % 20000) / 100)::DECIMAL(12, 2) AS total, CASE WHEN n % 3 = 0 THEN 1.50 END AS discount, 'EUR' AS currency"""
    return lambda file, rows: _write(f"{query} FROM range({rows}) t(n)", file, "FORMAT csv, HEADER true")


def _parquet(file: Path, rows: int) -> None:
    """As DMS writes it: every column in its own type."""
    text = file.with_suffix(".csv")
    _orders(quoted=False)(text, rows)
    _write(_csv_floor(text), file, "FORMAT parquet, COMPRESSION snappy")
    text.unlink()


def _cases() -> Iterator[Case]:
    events, orders = "segment-logs/web/1767225600000/part-0.gz", "dms/sales/orders/LOAD00000001.csv"
    yield Case("gzipped JSON lines, clean", events, EVENTS, _events(""), _json_floor, 2.5)
    yield Case("gzipped JSON lines, 1 % bad", events, EVENTS, _events(_THREE_WAYS), _json_floor, 5)
    yield Case("CSV, clean", orders, ORDERS, _orders(quoted=False), _csv_floor, 2.5)
    yield Case("CSV with quotes, clean", orders, ORDERS, _orders(quoted=True), _csv_floor, 2.5)
    yield Case("CSV, 1 % bad", orders, ORDERS, _orders(quoted=False, bad=True), _csv_floor, 5)
    yield Case("Parquet, clean", "dms/sales/orders/LOAD00000001.parquet", ORDERS, _parquet, _parquet_floor, 2.5)


CASES = tuple(_cases())

if __name__ == "__main__":
    _main(sys.argv[1:])
