"""What a batch of Personalize answered: lines are read one by one, and a fresh answer stands for some days."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from omnichannel.recommendations.overlay import overlaid
from omnichannel.recommendations.prepared import answers, attribute
from omnichannel.recommendations.shopper import Shopper

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
BOTH = {"personalization/web": GRANTED, "personalization/email": GRANTED}
OWN = {"items": ["p-1"], "again": ["p-2"], "at": "2026-11-21T00:00:00+00:00", "source": "own"}


def _line(user, items, error=None):
    output = {"recommendedItems": items, "scores": [0.1] * len(items)} if items is not None else None
    return json.dumps({"input": {"userId": user}, "output": output, "error": error}).encode()


def test_lines_that_say_nothing_of_use_are_counted_by_reason():
    counts = Counter()
    lines = [_line("c_1", ["a", "b"]), b"", _line("c_2", None, "throttled"), b"{", _line("c_3", []), b'{"input": {}}', b"[1]"]

    found = list(answers(lines, counts))

    assert found == [("c_1", ["a", "b"])]
    assert counts == {"refused": 1, "unreadable": 3, "without-items": 1}


def test_the_batchs_items_take_the_place_of_the_own_ones_and_say_whose_they_are():
    item = {"customer_id": "c_1", "consents": BOTH, "recommended": OWN}

    written = attribute(item, {"c_1": ["p-9"]}, AT)

    when = AT.isoformat()
    assert written == {"items": ["p-9"], "again": ["p-2"], "at": when, "source": "personalize", "prepared": when}
    assert Shopper.of({**item, "recommended": written}).source == "personalize"
    assert Shopper.of(item).source == "own"


@pytest.mark.parametrize("consents", [{}, {"personalization/web": GRANTED}, {"personalization/email": GRANTED}])
def test_who_does_not_allow_both_keeps_what_is_there(consents):
    item = {"customer_id": "c_1", "consents": consents, "recommended": OWN}

    assert attribute(item, {"c_1": ["p-9"]}, AT) is OWN


@pytest.mark.parametrize(
    ("source", "prepared", "items"),
    [
        ("personalize", "2026-11-15T06:00:00+00:00", ["p-9"]),
        ("personalize", "2026-11-13T06:00:00+00:00", ["p-1"]),
        ("personalize", "yesterday", ["p-1"]),
        ("personalize", "2026-11-15", ["p-1"]),
        ("own", "2026-11-22T06:00:00+00:00", ["p-1"]),
    ],
)
def test_a_batch_stands_for_eight_days(source, prepared, items):
    held = {"items": ["p-9"], "source": source, "prepared": prepared}

    assert overlaid(OWN, held, AT.isoformat())["items"] == items
    assert overlaid(OWN, None, AT.isoformat()) is OWN
