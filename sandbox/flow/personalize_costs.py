"""What Personalize costs by list price: a month while nothing happens, and each time it is trained."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from omnichannel.contracts import prices
from omnichannel.contracts.recommendations import Custom
from omnichannel.recommendations.lifecycle.things import Wanted

BY_HOUR = frozenset({Custom.SIMILAR_ITEMS})
"""Recipes that are billed by the hour; the others by the thousand, interactions trained on and requests answered."""
A_SECOND = prices.PERSONALIZE_REQUESTS.of(3600 * prices.HOURS_PER_MONTH)
"""A month of one request a second; no bill has confirmed that a recommender costs it, the dearer of the two ways that campaigns bill."""
WEEKS = 365.25 / 12 / 7


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One line: what bills, US dollars a month while idle, US dollars for each run, and what that supposes."""

    what: str
    idle: float = 0.0
    run: float = 0.0
    note: str = ""


def costs(wanted: Wanted, *, interactions: int, users: int) -> list[Cost]:
    """What is asked for, at these many interactions and users; requests beyond the minimum are billed on top."""
    return [*_recommenders(wanted), *_solutions(wanted, interactions), *_email(wanted, users)]


def runs_a_month(expression: str) -> float | None:
    """How often a schedule runs in a month; None for what is not simply so many days, or days of the week or month."""
    if found := re.fullmatch(r"rate\((\d+) days?\)", expression):
        return 7 * WEEKS / int(found[1])
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    if len(fields) != 6 or not all(each.isdigit() for each in fields[:2]) or fields[3] != "*":
        return None
    day, weekday = fields[2], fields[4]
    if re.fullmatch(r"[\w]+(,\w+)*", weekday):
        return WEEKS * len(weekday.split(","))
    return float(len(day.split(","))) if re.fullmatch(r"\d+(,\d+)*", day) else 7 * WEEKS if {day, weekday} <= {"*", "?"} else None


def _recommenders(wanted: Wanted) -> Iterator[Cost]:
    for name in wanted.recommenders:
        note = "one request a second at least, supposed to cost what a campaign's of the dearer kind does"
        yield Cost(what=f"recommender {name}", idle=A_SECOND, note=note)


def _solutions(wanted: Wanted, interactions: int) -> Iterator[Cost]:
    for name in wanted.trains():
        hourly = name in BY_HOUR
        run = prices.PERSONALIZE_TRAINING_HOURS.of(1) if hourly else prices.PERSONALIZE_TRAINING.of(interactions)
        yield Cost(what=f"solution {name}", run=run, note="for one training hour" if hourly else f"for {interactions:,} interactions")
        if wanted.serves(name):
            least = wanted.solutions[name].least_tps
            second = prices.PERSONALIZE_REQUEST_HOURS.of(prices.HOURS_PER_MONTH) if hourly else A_SECOND
            yield Cost(what=f"campaign {name}", idle=second * least, note=f"least_tps {least}")


def _email(wanted: Wanted, users: int) -> Iterator[Cost]:
    if wanted.email.made:
        yield Cost(
            what="batch for e-mail", run=prices.PERSONALIZE_REQUESTS.of(users), note=f"for {users:,} customers at the price of requests"
        )
