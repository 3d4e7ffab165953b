"""The live state against all events at once: duplicates, disorder, forgetting and logins change no membership."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnichannel.playbook.choices import Window
from omnichannel.playbook.hours import Hours
from omnichannel.playbook.triggers import Kind, Trigger
from omnichannel.realtime.windows import backtest, state
from omnichannel.realtime.windows.counting import Spell
from omnichannel.realtime.windows.others import closes, micros
from omnichannel.realtime.windows.state import Sighting, State

DATABASE = duckdb.connect(config={"threads": 1})
VIEWED, ADDED, STARTED, BOUGHT = "Product Viewed", "Product Added", "Checkout Started", "Order Completed"
ZONE = ZoneInfo("America/New_York")
CATEGORY = {f"P{n}": ("wine", "beer", "")[n % 3] for n in range(6)}
MINUTE = 60_000_000
START = micros(datetime(2026, 10, 30, 12, tzinfo=UTC))


def rule(kind: Kind, **changed: object) -> Trigger:
    made = {"name": "r", "kind": kind, "segment": "S", "events": (VIEWED,), "at_least": 3, "within": 10, "stays": 7}
    return Trigger(**{**made, **changed})  # type: ignore[arg-type]


RULES = [
    rule(Kind.COUNT_WITHIN),
    rule(Kind.COUNT_WITHIN, stays=0, within=4),
    rule(Kind.COUNT_WITHIN, at_least=1, stays=0),
    rule(Kind.PURCHASE, events=(BOUGHT,), at_least=1, stays=0),
    rule(Kind.VISITS_WITHIN, events=(VIEWED, ADDED), within=15, stays=2),
    rule(Kind.CO_VIEW, at_least=2),
    rule(Kind.ABANDONED_CART, events=(ADDED,), without=(STARTED, BOUGHT), at_least=1),
]

sightings = st.builds(
    lambda at, number, name, session, products: Sighting(
        at=at, message=f"m{number}", name=name, session=session, products=products, categories=tuple(CATEGORY[p] for p in products)
    ),
    at=st.integers(0, 60),
    number=st.integers(0, 12),
    name=st.sampled_from([VIEWED, VIEWED, VIEWED, ADDED, STARTED, BOUGHT]),
    session=st.sampled_from(["", "s1", "s2", "s3", "s4"]),
    products=st.lists(st.sampled_from(sorted(CATEGORY)), max_size=2, unique=True).map(tuple),
)
histories = st.lists(sightings, max_size=40)


def streamed(events: Sequence[Sighting], of: Trigger, zone: ZoneInfo = ZONE) -> State:
    held = State()
    for event in events:
        held = State.of_json(state.add(held, of, event, zone).to_json())
    return held


def in_batch(events: Sequence[Sighting], of: Trigger, zones: dict[str, str] | None = None) -> list[Spell]:
    columns = ("message", "name", "session", "products")
    with DATABASE.cursor() as db:
        kinds = {"who": pa.string(), "moment": pa.int64(), "message": pa.string(), "name": pa.string(), "session": pa.string()}
        schema = pa.schema([*kinds.items(), ("products", pa.list_(pa.string()))])
        rows = [{"who": "c", "moment": event.at, **{name: getattr(event, name) for name in columns}} for event in events]
        db.register("sightings", pa.Table.from_pylist(rows, schema))
        db.register("products", pa.table({"product_id": list(CATEGORY), "category_l1": list(CATEGORY.values())}))
        backtest.members(db, of, "UTC", zones)
        return backtest.spells(db, "c")


def at(spells: Sequence[Spell], now: int) -> Spell | None:
    return next((each for each in spells if each.since <= now < each.until), None)


@pytest.mark.parametrize("of", RULES, ids=lambda r: f"{r.kind.value}-{r.at_least}-{r.within}-{r.stays}")
@given(events=histories, seed=st.integers(0, 2**32), after=st.integers(0, 30))
@settings(max_examples=20, deadline=None)
def test_any_order_and_repetition_gives_the_memberships_of_the_batch(of: Trigger, events: list[Sighting], seed: int, after: int):
    chance = random.Random(seed)
    shuffled = events + chance.choices(events, k=len(events) // 2) if events else []
    chance.shuffle(shuffled)

    now = max((event.at for event in events), default=0) + after

    assert state.membership(streamed(shuffled, of), of, now) == at(in_batch(events, of), now)


@pytest.mark.parametrize("of", [each for each in RULES if each.kind is not Kind.ABANDONED_CART], ids=lambda r: f"{r.kind.value}-{r.within}")
@given(events=histories)
@settings(max_examples=20, deadline=None)
def test_every_spell_is_known_while_nothing_is_forgotten(of: Trigger, events: list[Sighting]):
    assert state.spells(streamed(events, of), of) == in_batch(events, of)


@pytest.mark.parametrize("of", RULES, ids=lambda r: f"{r.kind.value}-{r.at_least}-{r.within}-{r.stays}")
@given(events=histories, seed=st.integers(0, 2**32), late=st.integers(0, 20))
@settings(max_examples=8, deadline=None)
def test_what_is_forgotten_changes_nothing_at_any_moment(of: Trigger, events: list[Sighting], seed: int, late: int):
    chance = random.Random(seed)
    arriving = sorted((event.at + chance.randint(0, late), n, event) for n, event in enumerate(events))
    held, arrived = State(), []

    for now, _, event in arriving:
        held = state.forgetting(state.add(held, of, event, ZONE), of, now - late)
        arrived.append(event)
        assert state.membership(held, of, now) == at(in_batch(arrived, of), now)


@pytest.mark.parametrize("of", RULES, ids=lambda r: f"{r.kind.value}-{r.at_least}-{r.within}-{r.stays}")
@given(before=histories, later=histories, after=st.integers(0, 30))
@settings(max_examples=20, deadline=None)
def test_a_visitor_who_logs_in_keeps_what_the_browser_did(of: Trigger, before: list[Sighting], later: list[Sighting], after: int):
    now = max((event.at for event in before + later), default=0) + after

    both = state.joined(streamed(later, of), streamed(before, of), of, ZONE)

    assert state.membership(both, of, now) == at(in_batch(before + later, of), now)


WEEKEND = Window(days=frozenset({5, 6}), hours=None)
NIGHTS = Window(days=frozenset(range(7)), hours=Hours(start=22 * 60, end=6 * 60))
hours = st.builds(lambda m, n: Sighting(at=START + m * 17 * MINUTE, message=f"m{n}", name=VIEWED), st.integers(0, 700), st.integers(0, 9))


@pytest.mark.parametrize("window", [WEEKEND, NIGHTS], ids=["weekend", "nights"])
@given(events=st.lists(hours, max_size=12), seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_calendars_open_and_close_by_the_customers_clock(window: Window, events: list[Sighting], seed: int):
    of = rule(Kind.CALENDAR, window=window, within=0, stays=0)
    shuffled = events * 2
    random.Random(seed).shuffle(shuffled)

    assert state.spells(streamed(shuffled, of), of) == in_batch(events, of, {"c": "America/New_York"})


@pytest.mark.parametrize(
    ("moment", "closing"),
    [
        ("2026-10-30T12:00:00-04:00", None),
        ("2026-10-31T00:00:00-04:00", "2026-11-02T00:00:00-05:00"),  # 49 hours: clocks go back on Sunday
        ("2026-11-01T23:59:59-05:00", "2026-11-02T00:00:00-05:00"),
        ("2026-11-02T00:00:00-05:00", None),
    ],
)
def test_a_weekend_is_as_long_as_its_clock_says(moment: str, closing: str | None):
    found = closes(micros(datetime.fromisoformat(moment)), WEEKEND, ZONE)

    assert found == (closing and micros(datetime.fromisoformat(closing)))


@pytest.mark.parametrize(
    ("moment", "start", "end", "closing"),
    [
        ("2026-03-29T00:35:00+00:00", 90, 150, "2026-03-29T01:00:00+00:00"),  # 01:35; 02:30 does not come, from 02:00 it is 03:00
        ("2026-10-25T00:10:00+00:00", 90, 150, "2026-10-25T00:30:00+00:00"),  # 02:10 for the first time
        ("2026-10-25T01:10:00+00:00", 90, 150, "2026-10-25T01:30:00+00:00"),  # 02:10 for the second time
        ("2026-10-25T00:40:00+00:00", 150, 240, "2026-10-25T01:00:00+00:00"),  # 02:40; twenty minutes later it is 02:00 again
    ],
)
def test_hours_that_come_twice_or_never_close_when_the_clock_says_so(moment: str, start: int, end: int, closing: str):
    window = Window(days=frozenset(range(7)), hours=Hours(start=start, end=end))

    found = closes(micros(datetime.fromisoformat(moment)), window, ZoneInfo("Europe/Berlin"))

    assert found == micros(datetime.fromisoformat(closing))


def test_three_pages_in_ten_minutes_and_out_again_when_the_window_runs_out():
    of = rule(Kind.COUNT_WITHIN, within=10 * MINUTE, stays=0)
    held = streamed([Sighting(at=START + n * MINUTE, message=f"m{n}", name=VIEWED) for n in range(3)], of)

    assert state.membership(held, of, START + 2 * MINUTE) == Spell(START + 2 * MINUTE, START + 10 * MINUTE)
    assert state.due(held, of, START + 2 * MINUTE) == START + 10 * MINUTE
    assert state.membership(held, of, START + 10 * MINUTE) is None


@pytest.mark.parametrize("length", [1_000, 10_000])
def test_what_is_kept_does_not_grow_with_the_history(length: int):
    of = rule(Kind.COUNT_WITHIN, within=10 * MINUTE, stays=30 * MINUTE)
    held, chance = State(), random.Random(7)
    most = 0
    for n in range(length):
        now = START + n * MINUTE // 10
        seen = Sighting(at=now - chance.randrange(60 * MINUTE), message=f"m{n}", name=VIEWED)
        held = state.forgetting(state.add(held, of, seen, ZONE), of, now - 60 * MINUTE)
        most = max(most, len(held.to_json()))

    assert most < 2_000


def test_a_page_loaded_again_and_again_is_kept_at_its_ends():
    of = rule(Kind.CO_VIEW, within=10 * MINUTE)
    views = [Sighting(at=START + n, message=f"m{n}", name=VIEWED, products=("P0",), categories=("wine",)) for n in range(500)]

    assert len(streamed(views, of).groups["wine"].seen) == 2
