"""The recommendations API's own time: the handler in process, DynamoDB and Personalize answered out of memory.

Times are CPU of this process. Start-up is that of a process which imports the function, makes its clients and answers once, beside one
that starts Python alone; nothing leaves the machine.
"""

import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from lambdas import recommendations_api
from omnichannel.contracts.store import POPULAR_KEY
from omnichannel.playbook.personalize import load
from omnichannel.recommendations.asking import to_json
from omnichannel.recommendations.lifecycle.asked import asked
from tests.memory_tables import MemoryTables

PRODUCTS, CUSTOMERS, STARTS = 2_000, 500, 5
P99_MS, FALLBACK_MS, START_MS, SINGLES = 10.0, 5.0, 400.0, 50
GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-bench"
GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
ENVIRONMENT = {
    "PRODUCTS_TABLE": "products", "CUSTOMERS_TABLE": "customers", "PERSONALIZE_ASKS": to_json(asked(load())),
    "AWS_DEFAULT_REGION": "us-east-1",
}  # fmt: skip
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "PYTHONDONTWRITEBYTECODE": ""}
SDK = "import boto3; boto3.client('dynamodb')"
START = """
from omnichannel.aws.waiting import waiting_client
from lambdas import recommendations_api
for name in ("dynamodb", "personalize-runtime"):
    waiting_client(name)
event = {"pathParameters": {"placement": "home"}, "queryStringParameters": {"limit": "no"}}
assert recommendations_api.handler(event, None)["statusCode"] == 400
"""


def measure(rows: int) -> list[dict[str, Any]]:
    """So many requests over every placement, answered by Personalize and by the own lists, and a process's start."""
    with patch.dict(os.environ, ENVIRONMENT), patch.object(recommendations_api, "waiting_client", CLIENTS.__getitem__):
        logging.getLogger(recommendations_api.__name__).setLevel(logging.WARNING)
        answered, dark = _times(rows, GROUP), _times(rows, "")
    bare = _start("")
    start, sdk = _start(START) - bare, _start(SDK) - bare
    p99, fallback = float(np.percentile(answered, 99)), float(np.percentile(dark, 50))
    return [
        _row("an answer, median", float(np.percentile(answered, 50)), "ms", rows),
        _row("an answer, 99 of 100", p99, "ms", rows, goal=f"≤ {P99_MS:g}", met=p99 <= P99_MS),
        _row("a fallback, median", fallback, "ms", rows, goal=f"≤ {FALLBACK_MS:g}", met=fallback <= FALLBACK_MS),
        _row("a fallback, 99 of 100", float(np.percentile(dark, 99)), "ms", rows),
        _row(
            "start-up beside bare Python; floor: boto3 and one client",
            start,
            "ms",
            STARTS,
            floor=sdk,
            ratio=start / sdk,
            goal=f"≤ {START_MS:g}",
            met=start <= START_MS,
        ),
    ]


def _row(name: str, value: float, unit: str, rows: int, **told: Any) -> dict[str, Any]:
    plain = {"floor": None, "ratio": None, "goal": "reported", "met": True, "peak_mb": None}
    return {"name": name, "value": value, "unit": unit, "rows": rows, **plain, **told}


def _times(rows: int, group: str) -> list[float]:
    """Milliseconds of CPU of each request, the first few left out."""
    recommendations_api._recommenders.cache_clear()
    with patch.dict(os.environ, {"DATASET_GROUP_ARN": group}):
        times = [_timed(event) for event in _events(rows + SINGLES)]
    return times[SINGLES:]


def _timed(event: Mapping[str, Any]) -> float:
    started = time.process_time()
    found = recommendations_api.handler(event, None)
    spent = (time.process_time() - started) * 1000
    if found["statusCode"] != 200:
        raise AssertionError(f"answered {found['statusCode']}: {found['body']}")
    return spent


def _events(count: int) -> Sequence[dict[str, Any]]:
    placements = ("home", "product", "cart", "checkout", "email")
    return [
        {
            "pathParameters": {"placement": placements[n % 5]},
            "queryStringParameters": {"customer_id": f"c_{n % CUSTOMERS}", "product_id": f"p-{n % PRODUCTS}", "limit": "10"},
            "requestContext": {"requestId": "r"},
        }
        for n in range(count)
    ]


def _start(code: str) -> float:
    """Milliseconds of CPU that a process takes from its start to its end: the least of a few."""
    return min(_child(["-c", code]) for _ in range(STARTS))


def _child(arguments: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, env={**os.environ, **ENVIRONMENT, **KEYS, "DATASET_GROUP_ARN": ""})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _product(number: int) -> dict[str, Any]:
    near = {name: [f"p-{(number * 7 + step + each) % PRODUCTS}" for each in range(20)] for name, step in (("related", 1), ("together", 90))}
    return {
        "product_id": f"p-{number}", "name": f"Product {number} of the shop", "category_l1": f"Category {number % 12}", "brand": "Corvo",
        "price": "19.90", "currency": "EUR", "image_url": f"https://shop.example/images/p-{number}.jpg", "active": True,
        "stock": number % 10, **near,
    }  # fmt: skip


def _customer(number: int) -> dict[str, Any]:
    lists = {"items": [f"p-{(number * 3 + each) % PRODUCTS}" for each in range(20)], "again": [f"p-{number}"], "bought": [f"p-{number}"]}
    return {"customer_id": f"c_{number}", "consents": {"personalization/any": GRANTED}, "recommended": lists}


def _recommended(**asked: Any) -> dict[str, Any]:
    return {"recommendationId": "RID-1", "itemList": [{"itemId": f"p-{each * 31 % PRODUCTS}"} for each in range(asked["numResults"])]}


_POPULAR = {"product_id": POPULAR_KEY, "items": [f"p-{n}" for n in range(50)]}
CLIENTS = {
    "dynamodb": MemoryTables(products=[*map(_product, range(PRODUCTS)), _POPULAR], customers=map(_customer, range(CUSTOMERS))),
    "personalize-runtime": SimpleNamespace(get_recommendations=_recommended),
}
