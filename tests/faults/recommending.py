"""Recommendations asked for while Personalize hangs, throttles, breaks, forgets or does not exist, and questions nobody can answer."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from moto import mock_aws

from omnichannel.api.document import SCHEMAS
from omnichannel.api.problem import LARGEST_BODY, LONGEST_QUERY
from omnichannel.aws import clients, dynamodb
from omnichannel.aws.recommenders import TRIES
from omnichannel.contracts.store import POPULAR_KEY
from tests.faults.asking import Answered, ask, broken
from tests.faults.matrix import Outcome, cell
from tests.faults.personalize_stub import ASKS, GROUP, PersonalizeStub

FLOW, PRODUCTS, LIMIT = "recommendations", 60, 5
GRANTED = {"personalization/any": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-east-1",
    "PRODUCTS_TABLE": "products", "CUSTOMERS_TABLE": "customers",
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """What was answered; `refused` is the status that every answer must have, if it is a refusal; `sources` those that may be seen."""

    answers: Sequence[Answered]
    refused: frozenset[int] = frozenset()
    sources: frozenset[str] = frozenset(("personalize", "own", "popular"))


@dataclass
class Shop:
    """Tables with some products sold out, and a Personalize whose answers are planned."""

    personalize: PersonalizeStub

    def __post_init__(self) -> None:
        self.clean()
        client = clients.client("dynamodb")
        for table, key in (("products", "product_id"), ("customers", "customer_id")):
            client.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )  # fmt: skip
        shelf: list[dict[str, Any]] = [
            {"product_id": f"p-{n}", "name": f"Product {n}", "active": True, "stock": n % 3, "price": "9.90"} for n in range(PRODUCTS)
        ]
        lists: dict[str, dict[str, list[str]]] = {"p-1": {"related": ["p-2", "p-3", "p-4"], "together": ["p-5", "p-7"]}}
        popular = {"product_id": POPULAR_KEY, "items": [f"p-{n}" for n in range(PRODUCTS)]}
        dynamodb.batch_put(client, "products", [*({**each, **lists.get(each["product_id"], {})} for each in shelf), popular])
        dynamodb.batch_put(client, "customers", [_customer(n) for n in range(10)])

    def clean(self) -> None:
        self.heal()
        self.personalize.forget()
        clients.forget()
        broken.cache_clear()

    def heal(self) -> None:
        self.personalize.plan()

    def questions(self, rng: random.Random, count: int = 6, **changes: str) -> list[dict[str, str]]:
        """Placements in turn, of customers who are known."""
        some = ({"placement": "home"}, {"placement": "product", "product_id": "p-1"}, {"placement": "cart", "product_id": "p-1,p-8"})
        return [{**some[n % 3], "customer_id": f"c_{rng.randrange(10)}", "limit": str(LIMIT), **changes} for n in range(count)]

    def asked(self, questions: Sequence[dict[str, str]], **environment: str) -> list[Answered]:
        return [ask(question, self.personalize, environment) for question in questions]

    def outcome(self, given: Expected) -> Outcome:
        refused = Counter(str(each.status) for each in given.answers if each.status in given.refused and each.is_problem)
        shown = [each for each in given.answers if each.status == 200 and not given.refused]
        wrong = sum(not self._right(each, given.sources) for each in shown)
        twice = sum(len(each.items) - len({item["product_id"] for item in each.items}) for each in shown)
        impatient = sum(each.tries > TRIES for each in given.answers)
        return Outcome(
            landed=len(given.answers), delivered=len(shown), rejected=refused, dead_lettered=0, twice=twice, unexplained=wrong + impatient
        )

    def _right(self, each: Answered, sources: frozenset[str]) -> bool:
        """As many as asked for, in stock, from where they may come, in the form that the API promises."""
        sellable = all(int(item["product_id"].removeprefix("p-")) % 3 for item in each.items)
        return each.fits(SCHEMAS) and sellable and len(each.items) == LIMIT and {item["source"] for item in each.items} <= sources


def _customer(number: int) -> dict[str, Any]:
    return {"customer_id": f"c_{number}", "consents": GRANTED, "recommended": {"items": ["p-10", "p-11"], "again": [], "bought": ["p-13"]}}


@contextmanager
def recommending_world() -> Iterator[Shop]:
    """A shop, until the block ends."""
    with PersonalizeStub() as stub, mock_aws():
        told = {"AWS_ENDPOINT_URL_PERSONALIZE_RUNTIME": stub.url, "DATASET_GROUP_ARN": GROUP, "PERSONALIZE_ASKS": ASKS}
        with patch.dict("os.environ", {**ENVIRONMENT, **told}):
            clients.forget()
            try:
                yield Shop(stub)
            finally:
                clients.forget()
                clients.forget()


DARK = frozenset(("own", "popular"))


def _through(shop: Shop, rng: random.Random, *faults: dict[str, Any]) -> Expected:
    """Some answers are well and some are not: whoever asks sees a full list every time."""
    shop.personalize.plan(*[rng.choice((*faults, {})) for _ in range(8)], *faults)
    return Expected(shop.asked(shop.questions(rng)))


@cell("timeout / hang", FLOW)
def hangs(shop: Shop, rng: random.Random, name: str) -> Expected:
    """An answer that comes after the shop's patience: tried once more, then the own lists answer."""
    return _through(shop, rng, {"delay": 0.6})


@cell("throttled", FLOW)
def throttled(shop: Shop, rng: random.Random, name: str) -> Expected:
    """In both ways of saying so."""
    return _through(shop, rng, {"status": 429, "error": "ThrottlingException"}, {"status": 400, "error": "ThrottlingException"})


@cell("server errors", FLOW)
def server_errors(shop: Shop, rng: random.Random, name: str) -> Expected:
    """500, 502, 503 and 504."""
    return _through(shop, rng, *({"status": status, "error": "InternalServerException"} for status in (500, 502, 503, 504)))


@cell("connections reset, replies cut", FLOW)
def resets(shop: Shop, rng: random.Random, name: str) -> Expected:
    """The connection ends before the answer, or in the middle of it."""
    return _through(shop, rng, {"reset": True}, {"cut": True})


@cell("access denied", FLOW)
def denied(shop: Shop, rng: random.Random, name: str) -> Expected:
    """Nothing that a second try would change."""
    shop.personalize.plan(*[{"status": 403, "error": "AccessDeniedException"}] * 20)
    answers = shop.asked(shop.questions(rng))
    if max(each.tries for each in answers) > 1:
        raise AssertionError("a refusal for good was tried again")
    return Expected(answers, sources=DARK)


@cell("unknown items", FLOW)
def unknown_items(shop: Shop, rng: random.Random, name: str) -> Expected:
    """Products that were taken off, or never were, between others: the list is filled up."""
    ids = [f"gone-{n}" for n in range(rng.randint(10, 20))] + [f"p-{n}" for n in rng.sample(range(PRODUCTS), rng.randint(0, 3))]
    shop.personalize.plan(*[{"items": rng.sample(ids, len(ids))} for _ in range(6)])
    return Expected(shop.asked(shop.questions(rng)))


@cell("no Personalize at all", FLOW)
def absent(shop: Shop, rng: random.Random, name: str) -> Expected:
    """Without a dataset group nobody is asked."""
    answers = shop.asked(shop.questions(rng), DATASET_GROUP_ARN="")
    if any(each.tries for each in answers):
        raise AssertionError("Personalize was asked without a dataset group")
    return Expected(answers, sources=DARK)


@cell("unknown user", FLOW)
def unknown_user(shop: Shop, rng: random.Random, name: str) -> Expected:
    """Popular products, and Personalize never hears of somebody we do not know."""
    answers = shop.asked(shop.questions(rng, customer_id=f"nobody-{name}"))
    if any(call.get("userId") for each in answers for call in each.calls):
        raise AssertionError("Personalize was told of somebody unknown")
    return Expected(answers)


@cell("oversize", FLOW)
def oversize(shop: Shop, rng: random.Random, name: str) -> Expected:
    """A query or a body beyond what anybody means."""
    long, body = "x" * (LONGEST_QUERY + rng.randint(1, 999)), "y" * (LARGEST_BODY + rng.randint(1, 999))
    return Expected(shop.asked([{"placement": "home", "exclude": long}, {"placement": "home", "body": body}]), frozenset((400, 413)))


@cell("malformed parameters", FLOW)
def malformed(shop: Shop, rng: random.Random, name: str) -> Expected:
    """Every kind of nonsense has a problem document that says what would have worked."""
    nonsense = rng.choice(("\x00", "#popular", "z" * 257, "a\nb"))
    asked: list[dict[str, str]] = [
        {"placement": "home", "customer_id": nonsense}, {"placement": "product", "product_id": nonsense}, {"placement": nonsense},
        {"placement": "home", "limit": rng.choice(("0", "-1", "1e3", "51", "", "٣"))},
        {"placement": "home", "recommenderArn": "arn:aws:personalize:::x"}, {"placement": "home", "country": "Netherlands"},
    ]  # fmt: skip
    return Expected(shop.asked(asked), frozenset((400, 404)))


@cell("tables that cannot be read", FLOW)
def unreadable(shop: Shop, rng: random.Random, name: str) -> Expected:
    """Told as such, with the id of the request."""
    return Expected(shop.asked(shop.questions(rng), PRODUCTS_TABLE="gone"), frozenset((503,)))
