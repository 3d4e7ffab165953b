"""Windows of live segments: the pure part of an event, every rule of this app's playbook, reading and writing DynamoDB aside.

Goals are about what cannot be seen in a test: that an event costs the same however long the history is, and what 100,000 active
visitors take in memory. The floor of the rate is reading and writing the state's own JSON, which every event does anyway.
"""

import random
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from omnichannel.playbook.triggers import SECOND, Trigger, triggers
from omnichannel.realtime.windows import state
from omnichannel.realtime.windows.state import Sighting, State

USERS, PER_SECOND, GROWTH, STATE_BYTES = 100_000, 5_000, 1.5, 10_000
START = 1_790_000_000 * SECOND
ZONE = ZoneInfo("Europe/Berlin")
NAMES = ("Product Viewed", "Product Viewed", "Product Viewed", "Product Viewed", "Product Added", "Order Completed")
CATEGORIES = ("red", "white", "sparkling", "beer", "spirits")


def measure(rows: int) -> list[dict[str, Any]]:
    """`rows` events; a tenth of them by one visitor, twice as many for the cost of a long history."""
    rules, length = tuple(triggers().rules.values()), max(2_000, rows // 50)
    first, second, held = _long(rules, length)
    rate, floor = _many(rules, max(2_000, rows // 20))
    largest = max(len(each.to_json()) for each in held.values())
    return [
        _row(
            "windows: events a second and core",
            rate,
            "1/s",
            goal=f">= {PER_SECOND}",
            met=rate >= PER_SECOND,
            rows=rows // 20,
            floor=floor,
            ratio=floor / rate,
        ),
        _row(
            "windows: an event after a long history, to one at its start",
            second / first,
            "x",
            goal=f"<= {GROWTH}",
            met=second / first <= GROWTH,
            rows=length,
        ),
        _row("windows: largest state of a rule", largest, "bytes", goal=f"<= {STATE_BYTES}", met=largest <= STATE_BYTES, rows=length),
        _row(
            "windows: memory of 100,000 active visitors' states",
            _megabytes(rules, max(1_000, USERS * rows // 1_000_000)),
            "MB",
            goal="",
            met=True,
            rows=USERS,
        ),
    ]


def _row(
    name: str, value: float, unit: str, *, goal: str, met: bool, rows: int, floor: float | None = None, ratio: float | None = None
) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"name": name, "value": round(value, 2), "unit": unit, "floor": floor and round(floor), "ratio": ratio and round(ratio, 2),
            "goal": goal, "met": met, "rows": rows, "peak_mb": peak}  # fmt: skip


def events(number: int, gap: int, seed: int = 7) -> Iterator[Sighting]:
    """A visitor's events, `gap` microseconds apart on average, a tenth of them late."""
    chance = random.Random(seed)
    for n in range(number):
        at = START + n * gap - (chance.randrange(600 * SECOND) if chance.random() < 0.1 else 0)
        product = chance.randrange(200)
        yield Sighting(
            at=at, message=f"m-{seed}-{n}", name=chance.choice(NAMES), session=f"s{n // 30}",
            products=(f"P{product}",), categories=(CATEGORIES[product % 5],),
        )  # fmt: skip


def _apply(held: dict[str, State], rules: tuple[Trigger, ...], seen: Sighting) -> None:
    for rule in rules:
        if seen.name in rule.names:
            changed = state.forgetting(state.add(held.get(rule.name, State()), rule, seen, ZONE), rule, seen.at - 3600 * SECOND)
            state.membership(changed, rule, seen.at)
            held[rule.name] = changed


def _apply_all(held: dict[str, State], rules: tuple[Trigger, ...], seen: list[Sighting]) -> None:
    for each in seen:
        _apply(held, rules, each)


def _long(rules: tuple[Trigger, ...], length: int) -> tuple[float, float, dict[str, State]]:
    """CPU seconds of the second and of the last fifth of one visitor's history, once a minute."""
    held: dict[str, State] = {}
    seen = list(events(length, 60 * SECOND))
    lots = [seen[n * length // 5 : (n + 1) * length // 5] for n in range(5)]
    spent = [_seconds(partial(_apply_all, held, rules, lot)) for lot in lots]
    return spent[1], spent[4], held


def _many(rules: tuple[Trigger, ...], number: int) -> tuple[float, float]:
    """Events a second with the state read from and written to its JSON, and the same with the JSON alone."""
    stored = {(who, rule.name): State().to_json() for who in range(100) for rule in rules}
    seen = [(n % 100, each) for n, each in enumerate(events(number, 20 * SECOND))]

    def real() -> None:
        for who, each in seen:
            for rule in rules:
                if each.name in rule.names:
                    held = State.of_json(stored[who, rule.name])
                    after = state.forgetting(state.add(held, rule, each, ZONE), rule, each.at - 3600 * SECOND)
                    state.membership(after, rule, each.at)
                    if after is not held:
                        stored[who, rule.name] = after.to_json()

    spent = _seconds(real)
    plain = _seconds(
        lambda: [State.of_json(stored[who, rule.name]).to_json() for who, each in seen for rule in rules if each.name in rule.names]
    )
    return number / spent, number / plain


def _megabytes(rules: tuple[Trigger, ...], users: int) -> float:
    """Of as many visitors with ten events each, scaled to 100,000: the states' JSON, which is what is kept."""
    total = 0
    for who in range(users):
        held: dict[str, State] = {}
        for each in events(10, 60 * SECOND, seed=who):
            _apply(held, rules, each)
        total += sum(len(each.to_json()) for each in held.values())
    return total / users * USERS / 1e6


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
