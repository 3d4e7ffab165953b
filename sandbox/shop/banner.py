"""What visitors chose on the consent banner, as Segment's consent object repeats it on every message.

Advertising and personalization are what the consent log says at that moment; a purpose that nobody asked about is absent.
"""

from dataclasses import dataclass

import numpy as np
import orjson

from sandbox.shop.behaviour import Bools, Ints
from sandbox.shop.people import NEVER

ANALYTICS = 0.9
ASKED = ("advertising", "personalization")


@dataclass(frozen=True)
class Answer:
    """Everybody's answer to one purpose: the second from which it is known (`NEVER` when not asked), and when it was withdrawn."""

    since: Ints
    granted: Bools
    withdrawn: Ints

    def states(self, customer: Ints, at: Ints) -> Ints:
        """0 not asked, 1 refused, 2 granted, for each customer at that second."""
        holds = self.granted[customer] & (at < self.withdrawn[customer])
        return np.where(at < self.since[customer], 0, 1 + holds).astype(np.int64)


@dataclass(frozen=True)
class Banner:
    """The answers by purpose, and who allowed analytics."""

    answers: dict[str, Answer]
    analytics: Bools

    def codes(self, customer: Ints, at: Ints, stranger_allows: Bools) -> Ints:
        """The position in `CONSENTS` of each customer's choices at that second; of a stranger (-1) only analytics is known."""
        known = customer >= 0
        code = np.where(known, self.analytics[customer], stranger_allows).astype(np.int64)
        for power, purpose in enumerate(ASKED):
            code += np.where(known, self.answers[purpose].states(customer, at), 0) * 2 * 3**power
        return code


def drawn(rng: np.random.Generator, answers: dict[str, Answer]) -> Banner:
    """Nine in ten allow analytics."""
    return Banner(answers, rng.random(len(answers[ASKED[0]].since)) < ANALYTICS)


def never(size: int) -> Ints:
    """Times that do not come."""
    return np.full(size, NEVER)


def _preferences(code: int) -> dict[str, bool]:
    chosen = {"functional": True, "analytics": bool(code % 2)}
    states = {purpose: code // (2 * 3**power) % 3 for power, purpose in enumerate(ASKED)}
    return chosen | {purpose: state == 2 for purpose, state in states.items() if state}


CONSENTS: tuple[str, ...] = tuple(orjson.dumps({"categoryPreferences": _preferences(code)}).decode() for code in range(2 * 3 ** len(ASKED)))
"""Every consent object there can be, as JSON text."""
