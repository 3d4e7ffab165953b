"""Files that are not what the contract says: every bad record is refused with its reason, every good one trusted."""

import codecs
import gzip
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from omnichannel.aws import clients
from omnichannel.contracts.reasons import Reason
from tests.faults.files import BAD_ORDERS, DAY, HEADER, File, event, events, order, orders
from tests.faults.matrix import cell
from tests.faults.world import World

ROOM = 2 * 2**30
"""Bytes of a function's disk."""


def _onboarded(world: World, *files: File) -> list[File]:
    world.land(*files)
    world.run()
    return list(files)


def _whole(key: str, body: bytes, reason: Reason, rows: int) -> File:
    """A file of which nothing can be trusted."""
    return File(key, body, 0, Counter({reason: rows}))


@cell("bad rows among good ones")
def bad_rows(world: World, rng: random.Random, name: str) -> list[File]:
    """A record of each kind, in random places."""
    reasons = tuple(rng.sample(list(BAD_ORDERS), rng.randint(2, len(BAD_ORDERS))))
    return _onboarded(world, orders(rng, name, 200, reasons=reasons), orders(rng, f"{name}-clean"))


@cell("malformed records")
def malformed(world: World, rng: random.Random, name: str) -> list[File]:
    """Ragged and half-quoted CSV; half, foreign and NUL-ridden JSON; a record beyond all bounds."""
    places = rng.sample(range(200), 3)
    lines = [order(name, n) for n in range(200)]
    lines[places[0]] += ",one,two,many"
    lines[places[1]] = "I,half a record"
    lines[places[2]] = order(name, places[2], customer_ref='"never closed')
    body = "\n".join((HEADER, *lines, "")).encode()
    table = File(f"dms/sales/orders/{name}.csv", body, 197, Counter({Reason.MALFORMED_ROW: 3}))
    at = rng.sample(range(200), 4)
    nul = json.dumps(event(name, 1, anonymousId="a\0b")).encode()
    long = json.dumps(event(name, 2, anonymousId="a" * (1 << 21))).encode()
    raw = (b'{"messageId": "half', b"[1, 2]", nul, long)
    bad = {n: (line, Reason.MALFORMED_JSON) for n, line in zip(at, raw, strict=True)}
    return _onboarded(world, table, events(name, 200, bad=bad))


@cell("wrong encoding")
def encodings(world: World, rng: random.Random, name: str) -> list[File]:
    """UTF-16 and Latin-1 are refused whole; a byte-order mark is none of anybody's business."""
    good = orders(rng, f"{name}-bom")
    marked = File(good.key, codecs.BOM_UTF8 + good.body, good.good)
    wide = orders(rng, f"{name}-wide")
    latin = "\n".join((HEADER, *(order(f"{name}-é", n) for n in range(20)), "")).encode("latin-1")
    key = f"dms/sales/orders/{name}-latin.csv"
    lines = wide.body.count(b"\n")
    return _onboarded(
        world,
        marked,
        _whole(wide.key, wide.body.decode().encode("utf-16"), Reason.WRONG_ENCODING, lines),
        _whole(key, latin, Reason.WRONG_ENCODING, latin.count(b"\n")),
    )


@cell("columns missing, doubled, more")
def columns(world: World, rng: random.Random, name: str) -> list[File]:
    """A file without a required column or with one twice is refused; more columns are kept and reported."""
    good = orders(rng, f"{name}-more")
    first, *rest = good.body.decode().splitlines()
    more = "\n".join((f"{first},note", *(f"{line},x" for line in rest), "")).encode()
    fewer = "\n".join(line.rsplit(",", 1)[0] for line in orders(rng, f"{name}-fewer", 30).body.decode().splitlines()).encode()
    twice = "\n".join((f"{HEADER},total", *(f"{order(name, n)},1" for n in range(30)))).encode()
    return _onboarded(
        world,
        File(good.key, more, good.good),
        _whole(f"dms/sales/orders/{name}-fewer.csv", fewer, Reason.MISSING_COLUMN, 30),
        _whole(f"dms/sales/orders/{name}-twice.csv", twice, Reason.DUPLICATE_COLUMN, 30),
    )


@cell("empty, header only, odd keys")
def odd(world: World, rng: random.Random, name: str) -> list[File]:
    """Nothing in a file, nothing but names in it, and keys with every character that breaks code."""
    odd_key = f"dms/sales/orders/{name} +%20ü/é&=#.csv"
    return _onboarded(
        world,
        File(odd_key, orders(rng, f"{name}-odd").body, 60),
        File(f"dms/sales/orders/{name}-header.csv", f"{HEADER}\n".encode() + b"\n" * rng.randint(0, 3), 0),
    )


@cell("half-written and truncated files")
def truncated(world: World, rng: random.Random, name: str) -> list[File]:
    """A file that breaks off is in no trusted table, however much of it can be read."""
    plain = b"\n".join(json.dumps(event(name, n)).encode() for n in range(500)) + b"\n"
    whole = gzip.compress(plain, mtime=0)
    cut = whole[: rng.randint(len(whole) // 3, len(whole) - 9)]
    world.land(File(f"segment-logs/src/1/{name}.gz", cut, 0))
    world.run()
    (item,) = (i for content, i in world.history().items() if content in world.seen)
    readable = int(sum(item["quarantined"].values()))
    if item["rows_staged"] or not 1 <= readable <= 500:
        raise AssertionError(f"of a file cut at {len(cut)} bytes {item['rows_staged']} rows were staged, {readable} refused")
    return [_whole(f"segment-logs/src/1/{name}.gz", cut, Reason.TRUNCATED_FILE, readable)]


@cell("clocks: skewed, in the wrong unit, absurd")
def clocks(world: World, rng: random.Random, name: str) -> list[File]:
    """Epochs in seconds and milliseconds are no ISO times, 1970 and 2100 are nobody's; half a day of skew is."""
    at = rng.sample(range(200), 4)
    wrong = ("1767225600", "1767225600000")
    absurd = (DAY.format(day=1).replace("2026", "1970"), DAY.format(day=1).replace("2026", "2100"))
    reasons = (Reason.WRONG_TYPE, Reason.WRONG_TYPE, Reason.TIME_OUT_OF_RANGE, Reason.TIME_OUT_OF_RANGE)
    bad = {
        n: (json.dumps(event(name, n, timestamp=value)).encode(), reason)
        for n, value, reason in zip(at, (*wrong, *absurd), reasons, strict=True)
    }
    return _onboarded(world, events(name, 200, bad=bad))


@cell("more bad rows than tolerated")
def too_many(world: World, rng: random.Random, name: str) -> list[File]:
    """The file fails as a whole, and says how many rows of it would have been good."""
    reasons = tuple(rng.choice(list(BAD_ORDERS)) for _ in range(rng.randint(8, 20)))
    made = orders(rng, name, 60, reasons=reasons)
    return _onboarded(world, File(made.key, made.body, 0, made.bad + Counter({Reason.TOO_MANY_BAD_ROWS: made.good})))


@cell("too large for the function")
def too_large(world: World, rng: random.Random, name: str) -> list[File]:
    """Refused by its size, without being read; what has the room for it stages it as any other file."""
    large, other = orders(rng, name), orders(rng, f"{name}-other")
    world.land(large, other)
    told, size = world.landed[0], world.landed[0]["size"]
    told["size"] = 6 * 2**30 + rng.randint(0, 2**30)
    with _disk(ROOM), _reads() as keys:
        world.run()
    if large.key in keys or [each["key"] for each in world.dead] != [large.key] or "NoRoom" not in next(iter(world.reasons)):
        raise AssertionError(f"{len(keys)} files were read and {len(world.dead)} refused: {dict(world.reasons)}")
    told["size"] = size
    world.replay()
    return [large, other]


@contextmanager
def _disk(free: int) -> Iterator[None]:
    """A disk with so many bytes left, as a function's."""
    with patch.object(shutil, "disk_usage", lambda _: SimpleNamespace(free=free)):
        yield


@contextmanager
def _reads() -> Iterator[list[str]]:
    """The keys that are read meanwhile."""
    keys: list[str] = []
    events = clients.client("s3").meta.events
    note = lambda params, **_: keys.append(params["Key"])  # noqa: E731 - it is taken off again by its identity
    events.register("before-parameter-build.s3.GetObject", note)
    try:
        yield keys
    finally:
        events.unregister("before-parameter-build.s3.GetObject", note)
