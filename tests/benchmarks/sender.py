"""The Segment sender on loopback: CPU beside making the same events, requests, memory.

The floor is building and serialising the events alone (traits hash, message id, JSON), which are thrown away; the sender makes the same
ones, and beside that batches, compresses and posts them to a sink in another process. Reading the parts is taken off both; a second row
leaves it in. Times are CPU seconds of the sending process: the sink's, and waiting, are not in them. Each part is read, made into events
and sent in turns, several times, and the least that each took counts: on a machine that others use too, three processes one after the other
differ by more than what is asked. The official client is a process of its own and takes turns with those, of which the best of each counts,
too; memory is measured apart.
"""

import gzip
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from omnichannel.activation import parts
from omnichannel.activation.parts import Member
from omnichannel.activation.segment import BATCH_BYTES, Event, batches
from omnichannel.activation.segment_bridge import event_of, hash_of
from omnichannel.activation.segment_pace import Pace
from omnichannel.activation.sender import Sender
from omnichannel.activation.write_key import WriteKey

AS_OF = "2026-11-01"
PART = 10_000
TIMES = 10
REPEATS = 5
ROUNDS = 4
SENDER, OFFICIAL, REQUESTS, GROWTH_MB = 1.5, 1 / 8, 1.02, 10


def measure(rows: int) -> list[dict[str, Any]]:
    """`rows` identifies, and ten times as many for memory; times in CPU seconds."""
    with TemporaryDirectory() as name, _sink() as port:
        few, many = Path(name) / "few", Path(name) / "many"
        prepare(few, rows)
        prepare(many, rows * TIMES)
        rounds = [(_apart("turns", few, port), _apart("official", few, port)) for _ in range(ROUNDS)]
        turns, official = min((each for each, _ in rounds), key=lambda each: each["send"]), min(each["seconds"] for _, each in rounds)
        send, grown, weight = _apart("send", few, port), _apart("send", many, port), _apart("weigh", few, port)["bytes"]
    making, ours, theirs = (seconds - turns["read"] for seconds in (turns["make"], turns["send"], official))
    sent = {"rows": rows, "peak_mb": send["peak_mb"]}
    growth = grown["peak_mb"] - send["peak_mb"]
    memory = {
        "name": f"… memory of {rows * TIMES:,}",
        "value": grown["peak_mb"],
        "unit": "MB",
        "floor": send["peak_mb"],
        "rows": rows * TIMES,
    }
    return [
        {**_row(f"Segment sender: CPU of {rows:,} identifies", ours, "CPU s", making, SENDER), **sent},
        {**_row("… with reading their parts", turns["send"], "CPU s", turns["make"], SENDER), **sent},
        {**_row("… beside segment-analytics-python's", ours, "CPU s", theirs, OFFICIAL), **sent},
        {**_row("… requests beside bytes / 500 KB", send["requests"], "requests", weight / BATCH_BYTES, REQUESTS), **sent},
        {
            **memory,
            "floor": send["peak_mb"],
            "ratio": None,
            "goal": f"+ ≤ {GROWTH_MB} MB",
            "met": growth <= GROWTH_MB,
            "peak_mb": grown["peak_mb"],
        },
    ]


def _row(name: str, value: float, unit: str, floor: float, most: float) -> dict[str, Any]:
    ratio = value / floor
    return {"name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "goal": f"≤ {most:g}", "met": ratio <= most}


def prepare(folder: Path, rows: int) -> None:
    """An audience's parts; the same traits come again in each, under other ids."""
    folder.mkdir()
    rng = random.Random(7)
    kinds = [_traits(rng) for _ in range(PART)]
    for first in range(0, rows, PART):
        lines = (orjson.dumps(_record(number, kinds[number % PART])) for number in range(first, min(first + PART, rows)))
        (folder / f"part-{first // PART:03d}").write_bytes(gzip.compress(b"\n".join(lines), compresslevel=6))


def _record(number: int, traits: dict[str, Any]) -> dict[str, Any]:
    return {"customer_id": f"c_{number:024d}", "customer_ref": f"CRM-{number:07d}", "traits": traits}


def _traits(rng: random.Random) -> dict[str, Any]:
    bands = ("low", "medium", "high")
    return {
        "churn_propensity": round(rng.random(), 3),
        "churn_band": rng.choice(bands),
        "repurchase_propensity": round(rng.random(), 3),
        "repurchase_band": rng.choice(bands),
        "customer_segment": rng.choice(("Regulars", "Lookers", "Bargain hunters", "Sleepers")),
        "next_best_action": rng.choice(("win-back", "renewal", "complement", "")),
        "recommended_items": [f"P-{rng.randrange(5000):05d}" for _ in range(5)],
        "propensity_as_of": AS_OF,
    }


def turns(folder: Path, port: int) -> dict[str, float]:
    """CPU seconds of all parts: read alone, made into events that are thrown away, and sent."""
    sender = _sender(port)
    work: dict[str, Callable[[Sequence[Path]], object]] = {
        "read": lambda part: _exhaust(_members(part)),
        "make": lambda part: _exhaust(_events(part)),
        "send": lambda part: _send(part, sender),
    }
    spent: dict[str, float] = dict.fromkeys(work, 0.0)
    for part in sorted(folder.iterdir()):
        took: dict[str, list[float]] = {what: [] for what in work}
        for _ in range(REPEATS):
            for what, done in work.items():
                before = time.process_time()
                done([part])
                took[what].append(time.process_time() - before)
        spent = {what: spent[what] + min(times) for what, times in took.items()}
    return spent


def send(folder: Path, port: int) -> dict[str, float]:
    """Our events, sent."""
    sender = _sender(port)
    _send(sorted(folder.iterdir()), sender)
    return {"requests": sender.requests}


def weigh(folder: Path, port: int) -> dict[str, float]:
    """How many bytes our events are, with a comma each."""
    return {"bytes": sum(len(event.body) + 1 for event in _events(sorted(folder.iterdir())))}


def official(folder: Path, port: int) -> dict[str, float]:
    """The same traits through the official client, compressed as ours are; starting it and its libraries is not counted."""
    client_of, at = import_module("segment.analytics").Client, datetime.fromisoformat(AS_OF).replace(tzinfo=UTC)
    started = time.process_time()
    client = client_of("write-key", host=f"http://127.0.0.1:{port}", max_queue_size=10_000_000, gzip=True)
    for member in _members(sorted(folder.iterdir())):
        client.identify(member.customer_ref, member.traits, timestamp=at)
    client.join()
    return {"seconds": time.process_time() - started}


class _Secret:
    """A Secrets Manager with one key."""

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": "write-key"}


def _sender(port: int) -> Sender:
    key = WriteKey(secrets_manager=_Secret(), secret_id="benchmark")
    return Sender(endpoint=f"http://127.0.0.1:{port}/v1", key=key, pace=Pace(agreed=1e12), remaining=lambda: 1e6)


def _send(paths: Sequence[Path], sender: Sender) -> None:
    for batch in batches(_events(paths)):
        assert [answer.accepted for answer in sender.send(batch)] == [True]


def _exhaust(values: Iterable[object]) -> None:
    for _ in values:
        pass


def _members(paths: Sequence[Path]) -> Iterator[Member]:
    for path in paths:
        yield from parts.members(path.read_bytes())


def _events(paths: Sequence[Path]) -> Iterator[Event]:
    for member in _members(paths):
        event = event_of(member, hash_of(member.traits), AS_OF)
        assert isinstance(event, Event), event
        yield event


class _Sink(BaseHTTPRequestHandler):
    """Takes everything; answers in one write, since a second one would wait for the acknowledgement of the first."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def sink(_folder: Path, _port: int) -> dict[str, float]:
    """Serves until the process is ended; its first line is its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    return {}


@contextmanager
def _sink() -> Iterator[int]:
    process = subprocess.Popen([*_COMMAND, "sink", "-", "0"], stdout=subprocess.PIPE, text=True)
    try:
        yield int((process.stdout or sys.stdin).readline())
    finally:
        process.terminate()
        process.wait()


def _apart(what: str, folder: Path, port: int) -> dict[str, float]:
    done = subprocess.run([*_COMMAND, what, str(folder), str(port)], stdout=subprocess.PIPE, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


_COMMAND = (sys.executable, "-m", "tests.benchmarks.sender")
_WORK = {"turns": turns, "official": official, "send": send, "weigh": weigh, "sink": sink}


if __name__ == "__main__":
    asked, place, at = sys.argv[1:]
    started = time.process_time()
    found = _WORK[asked](Path(place), int(at))
    spent = {"seconds": time.process_time() - started, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    sys.stdout.write(json.dumps({**spent, **found}) + "\n")
