"""One person, one rule: state, membership and what is told of it are brought together, whoever else is at it at the same time.

The state is written first and what was told after it was told: whoever is interrupted in between tells it again, under the same id.
A membership has one timer at most: when it fires, the state says whether the time has come, or when it will.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from omnichannel.contracts.store import ANONYMOUS
from omnichannel.playbook.triggers import Kind, Trigger
from omnichannel.realtime.windows import state
from omnichannel.realtime.windows.counting import Spell
from omnichannel.realtime.windows.rows import Row, Rows
from omnichannel.realtime.windows.state import State

TRIES = 8


class Contended(Exception):
    """Others kept writing first, or a visitor became known meanwhile; the event's next delivery finds out."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A membership that began (`now` is set, `before` is not), ended (the other way round) or has other ends (both are set).

    `again` is when the last one that was told ended: what came late can tell that it goes on, which is then another entering.
    """

    customer_id: str
    rule: Trigger
    before: Spell | None
    now: Spell | None
    products: tuple[str, ...]
    moment: int
    again: int = 0

    @property
    def left(self) -> int:
        """When the one before ended, microseconds since 1970: when it had to, or now."""
        return min(self.before.until, self.moment) if self.before else self.moment

    @property
    def goes_on(self) -> bool:
        """Whether both are one membership, of which something else is known now."""
        before, now = self.before, self.now
        return before is not None and now is not None and now.since <= before.until and before.since <= now.until

    @property
    def entered(self) -> int:
        """When the one of now began, microseconds since 1970, or began anew."""
        return max(self.now.since, self.again) if self.now else self.moment

    def event_id(self, what: str) -> str:
        """The same for the same entering, or leaving, however often it is told."""
        spell = self.now if what == "entered" else self.before
        since = max(spell.since, self.again) if spell else 0
        return sha256(f"{self.customer_id}/{self.rule.name}/{what}/{since}".encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Timer:
    """Look at somebody's rule again at `due` (microseconds since 1970); `version` names the cart that it was set for."""

    who: str
    rule: str
    due: int
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What settling needs: the rows, how a change is told (False where the customer is gone) and a timer set, and the moment."""

    rows: Rows
    tell: Callable[[Change], bool]
    arm: Callable[[Timer], None]
    now: int
    late: int

    @property
    def horizon(self) -> int:
        """No event of before is applied."""
        return self.now - self.late


def settle(desk: Desk, rule: Trigger, row: Row, change: Callable[[State], State]) -> bool:
    """Applies a change to a row that was read, and tells what comes of it; gives whether anything was told. Raises `Contended`."""
    for _ in range(TRIES):
        written = _write(desk, rule, row, change(row.state))
        if written is not None:
            told = _tell(desk, rule, written)
            if told is not None:
                return told
        row = desk.rows.read([(row.who, row.rule)])[row.who, row.rule]
    raise Contended(f"rule {rule.name}: {TRIES} times somebody else wrote first")


def _write(desk: Desk, rule: Trigger, row: Row, changed: State) -> Row | None:
    """The row with its state and a timer for its next change; as it is where nothing is new, None where somebody else was faster."""
    after = state.forgetting(changed, rule, desk.horizon)
    timer = _armed(desk, rule, row, after)
    if timer == row.timer and (after == row.state or (changed == row.state and row.version)):
        return row
    return desk.rows.write(replace(row, state=after, timer=timer), _expires(desk, rule, after))


def _tell(desk: Desk, rule: Trigger, row: Row) -> bool | None:
    """Whether the change of a membership was told; None where somebody else was faster to note it."""
    now = None if row.who.startswith(ANONYMOUS) else state.membership(row.state, rule, desk.now)
    if now == row.told:
        return False
    # What begins earlier than was thought, or is extended, goes on; after an end something new begins.
    change = Change(
        customer_id=row.who, rule=rule, before=row.told, now=now, products=row.state.products, moment=desk.now, again=row.left
    )  # fmt: skip
    if not desk.tell(change):
        return False
    left = change.left if change.before and not change.goes_on else row.left
    return None if desk.rows.write(replace(row, told=now, left=left), _expires(desk, rule, row.state)) is None else True


def _armed(desk: Desk, rule: Trigger, row: Row, after: State) -> int:
    """When the row is looked at next: at the timer that is set, or at an earlier one that is set now."""
    due = None if row.who.startswith(ANONYMOUS) else state.due(after, rule, desk.now)
    if due is None or desk.now < row.timer <= due:
        return row.timer
    version = after.cart.version if rule.kind is Kind.ABANDONED_CART else ""
    desk.arm(Timer(who=row.who, rule=rule.name, due=due, version=version))
    return due


def _expires(desk: Desk, rule: Trigger, held: State) -> int:
    return max(desk.now, state.expires(held, rule, desk.late)) + desk.late
