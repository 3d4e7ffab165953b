"""What drives churn and repurchase in the generated shop is there for a model to find."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sandbox.shop.behaviour import Bools, Character, Floats, History, characters, live

QUARTER, MONTH, WEEKS = 13, 4, 78


@dataclass(frozen=True)
class Life:
    """A small crowd's lives, with what a retailer could see on a week and what happened then."""

    who: Character
    lived: History

    def before(self, what: Bools | Floats, week: int, weeks: int) -> Floats:
        """How often in the weeks before `week`."""
        return np.asarray(what[week - weeks : week].sum(axis=0), dtype=np.float64)

    def active(self, week: int) -> Bools:
        """Who bought in the quarter before."""
        return self.before(self.lived.ordered, week, QUARTER) > 0

    def lapses(self, week: int) -> Bools:
        """Who buys nothing in the quarter after."""
        return ~self.lived.ordered[week : week + QUARTER].any(axis=0)

    def recency(self, week: int) -> Floats:
        """Weeks since the last order."""
        seen = self.lived.ordered[:week]
        return np.where(seen.any(axis=0), np.argmax(seen[::-1], axis=0), week).astype(np.float64)

    def features(self, week: int) -> Floats:
        """What a model sees beside recency."""
        orders = self.before(self.lived.ordered, week, week)
        return np.column_stack(
            [
                self.recency(week),
                orders,
                self.recency(week) * orders / week,
                self.before(self.lived.ordered, week, QUARTER),
                self.before(self.lived.returned, week, QUARTER),
                self.before(self.lived.low_csat, week, QUARTER),
                self.before(self.lived.visits, week, MONTH),
                self.before(self.lived.visits, week, QUARTER),
                self.before(self.lived.intent, week, MONTH),
                self.before(self.lived.discounted, week, week) / np.maximum(orders, 1),
            ]
        )


@pytest.fixture(scope="module")
def life() -> Life:
    rng = np.random.default_rng(3)
    who = characters(rng, 6_000, WEEKS)
    return Life(who, live(rng, who, WEEKS, 18))


def lapse_rates(life: Life, sign: Bools, weeks: range) -> tuple[float, float]:
    """The share of active customers who lapse, with the sign and without it."""
    with_it = np.concatenate([life.lapses(w)[life.active(w) & sign[w]] for w in weeks])
    without = np.concatenate([life.lapses(w)[life.active(w) & ~sign[w]] for w in weeks])
    return float(with_it.mean()), float(without.mean())


def in_the_quarter_before(what: Bools) -> Bools:
    return np.array([what[max(0, w - QUARTER) : w].any(axis=0) for w in range(WEEKS)])


def auc_on_later_time(life: Life, columns: slice) -> float:
    def examples(week: int) -> tuple[Floats, Bools]:
        return life.features(week)[life.active(week), columns], life.lapses(week)[life.active(week)]

    train = [examples(WEEKS - 3 * QUARTER), examples(WEEKS - 2 * QUARTER)]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(np.concatenate([x for x, _ in train]), np.concatenate([y for _, y in train]))
    seen, lapsed = examples(WEEKS - QUARTER)
    return float(roc_auc_score(lapsed, model.predict_proba(seen)[:, 1]))


def test_a_return_makes_lapsing_likelier(life: Life) -> None:
    with_return, without = lapse_rates(life, in_the_quarter_before(life.lived.returned), range(26, 65, 13))

    assert with_return > without + 0.08


def test_a_bad_support_contact_makes_lapsing_likelier(life: Life) -> None:
    after_bad_support, without = lapse_rates(life, in_the_quarter_before(life.lived.low_csat), range(26, 65, 13))

    assert after_bad_support > without + 0.12


def test_what_was_saved_or_put_into_the_cart_is_bought_soon(life: Life) -> None:
    week = 60
    waiting = (life.who.joined_week < week) & ~life.lived.ordered[week - 1]
    keen = waiting & life.lived.intent[week - 1]
    buys = life.lived.ordered[week : week + 2].any(axis=0)

    assert buys[keen].mean() > 2 * buys[waiting & ~keen].mean()


def test_visits_fall_before_purchases_do(life: Life) -> None:
    week = 60
    fading = life.lived.engagement[week - 1] < 0.3
    recent = life.before(life.lived.visits, week, MONTH) / (life.before(life.lived.visits, week, 26) + 1e-9)

    assert np.median(recent[fading & life.active(week)]) < 0.5 * np.median(recent[~fading & life.active(week)])


def test_discount_hunters_buy_in_promotion_weeks(life: Life) -> None:
    promoted = life.lived.promotion
    rate = life.lived.ordered[:, life.who.discount_hunter].mean(axis=1)

    assert rate[promoted].mean() > 1.5 * rate[~promoted].mean()


def test_a_model_finds_the_drivers_and_cannot_be_certain(life: Life) -> None:
    recency_only, everything = auc_on_later_time(life, slice(0, 1)), auc_on_later_time(life, slice(None))

    assert everything > recency_only + 0.08
    assert 0.7 < everything < 0.95
