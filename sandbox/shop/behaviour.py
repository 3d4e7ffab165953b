"""How customers of the generated shop behave, week by week; what drives churn and repurchase is decided here.

Every customer has a rhythm (days between purchases), a liking for visits, a share of purchases made in a shop and a
readiness to wait for discounts. A latent *engagement* in 0..1 multiplies visits and purchases. It stays near 1 until the
customer starts to *fade*; from then on it loses three tenths every week, unless something brings the customer back.

Drivers, each visible in the landed data:

| driver | seen in | effect |
|---|---|---|
| a return in the last 13 weeks | `sales/returns` | weekly odds to start fading x 15 |
| a support contact with CSAT 1 or 2 in the last 13 weeks | `support/tickets` | x 24 |
| mostly buys with a discount | `sales/orders.discount` | x 4 |
| has a subscription | `sales/subscriptions` | x 0.7 |
| fading already: visits fall before purchases do | `segment-logs` | engagement x 0.7 a week |
| rhythm: how long since the last purchase, measured in own intervals | `sales/orders` | the purchase rate grows until it is due |
| intent: saved to the wishlist or put into the cart, not bought | `segment-logs` | purchase rate x 7 for up to five weeks |
| promotion weeks | `sales/orders.discount` | purchase rate x 1.3, for discount hunters x 2.5 |

Nothing is certain: a fading customer may come back (1.2 % a week), and a devoted one may simply not need anything.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MEMORY_WEEKS = 13
BURN_IN_WEEKS = 13
BASE_FADE = -5.85
FADE_RETURN, FADE_LOW_CSAT, FADE_DISCOUNT, FADE_SUBSCRIBER = 2.7, 3.2, 1.4, -0.4
DECAY, RECOVERY = 0.7, 0.012
INTENT_LIFT, INTENT_WEEKS, WANTING = 1.9, 5, 0.15
PROMOTIONS_EVERY = 9
PACE = 0.5


@dataclass(frozen=True)
class Character:
    """What does not change about each of n customers."""

    rhythm_days: Floats
    visits_a_week: Floats
    store_share: Floats
    discount_hunter: Bools
    return_share: Floats
    subscriber: Bools
    joined_week: Ints


@dataclass(frozen=True)
class History:
    """What n customers did in w weeks: arrays of shape (w, n)."""

    engagement: Floats
    intent: Bools
    ordered: Bools
    discounted: Bools
    returned: Bools
    contacted: Bools
    low_csat: Bools
    visits: Floats
    promotion: Bools


def characters(rng: np.random.Generator, n: int, weeks: int) -> Character:
    """Draws n customers; about six in ten were there before the first week."""
    old = rng.random(n) < 0.6
    joined = np.where(old, -BURN_IN_WEEKS, rng.integers(0, max(weeks - 5, 1), n))
    store_share = np.where(rng.random(n) < 0.12, 1.0, rng.beta(1.2, 3.5, n))
    return Character(
        rhythm_days=np.clip(rng.lognormal(np.log(38), 0.7, n), 8, 180),
        visits_a_week=rng.lognormal(np.log(0.8), 0.5, n),
        store_share=store_share,
        discount_hunter=rng.random(n) < 0.25,
        return_share=rng.beta(1.2, 9.0, n),
        subscriber=(rng.random(n) < 0.4) & (store_share < 1),
        joined_week=joined.astype(np.int64),
    )


def season(week: Ints) -> Floats:
    """Demand by week of the year, highest before Christmas; 1 on average. Week 0 is the year's first."""
    of_year = np.asarray(week % 52, dtype=np.float64)
    return 1.0 + 0.10 * np.sin(2 * np.pi * (of_year - 10) / 52) + 0.35 * np.exp(-(((of_year - 49) / 2.5) ** 2))


def live(rng: np.random.Generator, who: Character, weeks: int, first_week_of_year: int) -> History:
    """Runs everyone through `weeks` weeks (after a burn-in that is not returned)."""
    n, total = len(who.rhythm_days), weeks + BURN_IN_WEEKS
    shape = (total + 4, n)
    engagement, visits = np.ones(shape), np.zeros(shape)
    intent, ordered, discounted, returned, contacted, low_csat = (np.zeros(shape, dtype=bool) for _ in range(6))
    promotion = np.arange(total + 4) % PROMOTIONS_EVERY == 0
    demand = season(np.arange(total + 4) + first_week_of_year - BURN_IN_WEEKS)
    fading = rng.random(n) < 0.05
    now = np.ones(n)
    last_order = -rng.random(n) * who.rhythm_days / 7
    intent_left = np.zeros(n, dtype=np.int64)
    for week in range(total):
        here = who.joined_week + BURN_IN_WEEKS <= week
        since = slice(max(0, week - MEMORY_WEEKS), week)
        odds = (
            BASE_FADE
            + FADE_RETURN * returned[since].any(axis=0)
            + FADE_LOW_CSAT * low_csat[since].any(axis=0)
            + FADE_DISCOUNT * who.discount_hunter
            + FADE_SUBSCRIBER * who.subscriber
        )
        starts = ~fading & (rng.random(n) < 1 / (1 + np.exp(-odds)))
        comes_back = fading & (rng.random(n) < RECOVERY)
        fading = (fading | starts) & ~comes_back
        now = np.where(fading, now * DECAY, np.minimum(1.0, np.maximum(now, 0.5) * 1.15))
        due = np.clip((week - last_order) * 7 / who.rhythm_days, 0.08, 2.5)
        wants = (intent_left == 0) & (rng.random(n) < WANTING * now * due)
        intent_left = np.where(wants, INTENT_WEEKS, np.maximum(intent_left - 1, 0))
        keen = intent_left > 0
        lift = np.where(promotion[week], np.where(who.discount_hunter, 2.5, 1.3), np.where(who.discount_hunter, 0.8, 1.0))
        rate = now * 7 / who.rhythm_days * due**1.6 * np.exp(INTENT_LIFT * keen) * demand[week] * lift * PACE
        buys = here & (rng.random(n) < 1 - np.exp(-rate))
        last_order = np.where(buys, week, last_order)
        cheap = rng.random(n) < np.where(who.discount_hunter, 0.8, np.where(promotion[week], 0.5, 0.06))
        sends_back = buys & (rng.random(n) < who.return_share)
        returned[week + rng.integers(1, 4, n), np.arange(n)] |= sends_back
        contacts = here & (rng.random(n) < 0.010 + 0.20 * returned[week] + 0.03 * buys)
        engagement[week], intent[week], ordered[week], discounted[week] = now * here, keen & here, buys, buys & cheap
        contacted[week] = contacts
        low_csat[week] = contacts & (rng.random(n) < np.where(returned[week], 0.45, 0.35))
        visits[week] = here * who.visits_a_week * now * (1 + 2.0 * keen) * (who.store_share < 1)
        intent_left = np.where(buys, 0, intent_left)
    kept = slice(BURN_IN_WEEKS, total)
    return History(
        engagement[kept],
        intent[kept],
        ordered[kept],
        discounted[kept],
        returned[kept],
        contacted[kept],
        low_csat[kept],
        visits[kept],
        promotion[kept],
    )
