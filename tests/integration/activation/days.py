"""Parts of runs on days of their own, and a consent that is withdrawn between them."""

from dataclasses import replace

from tests.faults.channels import REFUSED, win_back

AUDIENCES = ("next_best_action", "campaign", "churn_band", "recommended_items")
"""What the sink holds of an action and of who a customer is to us."""


def run(shop, customers, run, day, decided=(), score=0.7, **changes):
    """A part of a run on that day, with a win-back decided in the morning of it for some."""
    shop.at = shop.at.replace(hour=12) + (_noon(shop, day) - shop.at.replace(hour=12))
    at = shop.at.replace(hour=6).isoformat()
    decisions = {each: replace(win_back(each, "p1"), at=at, **changes) for each in decided}
    return shop.part(run, dict.fromkeys(customers, score), day, decisions=decisions)


def _noon(shop, day):
    year, month, number = map(int, day.split("-"))
    return shop.at.replace(year=year, month=month, day=number, hour=12)


def withdraw(shop, customer):
    shop.customers([int(customer[2:])], consents={"marketing/email": REFUSED})
