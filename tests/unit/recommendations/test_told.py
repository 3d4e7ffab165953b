"""What Personalize is told between imports: what changed, ten a call, of who allows it, and nothing is forgotten."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from omnichannel.contracts.recommendations import ITEMS, USERS
from omnichannel.recommendations.relay import Invalid, Unavailable
from omnichannel.recommendations.told import camel, record, tell


def product(number: int, **changes: Any) -> dict[str, Any]:
    plain = {"item_id": f"P-{number:03d}", "price": 9.5, "category_l1": "Shoes", "category_l2": None, "brand": "Own"}
    return {**plain, "creation_timestamp": 1_700_000_000, "available": "yes", **changes}


def everybody(ids: Sequence[str]) -> frozenset[str]:
    return frozenset(ids)


class Sink:
    """Takes calls; ids that are poison spoil theirs, and after `most` calls it is away."""

    def __init__(self, poison: tuple[str, ...] = (), most: int = 10**6) -> None:
        self.calls: list[list[str]] = []
        self.poison, self.most = poison, most

    def __call__(self, records: Sequence[dict[str, str]]) -> None:
        ids = [each["itemId"] for each in records]
        if set(ids) & set(self.poison):
            raise Invalid("InvalidInputException")
        if len(self.calls) >= self.most:
            raise Unavailable("ThrottlingException")
        self.calls.append(ids)


def always() -> bool:
    return True


@pytest.mark.parametrize(
    ("column", "name"), [("price", "price"), ("category_l1", "categoryL1"), ("creation_timestamp", "creationTimestamp")]
)
def test_properties_are_named_as_the_api_spells_the_schema(column: str, name: str):
    assert camel(column) == name


def test_a_record_leaves_out_what_is_not_known_and_fits_the_services_model():
    one = record(ITEMS, product(1))
    shape = get_session().get_service_model("personalize-events").operation_model("PutItems").input_shape

    assert "categoryL2" not in json.loads(one["properties"])
    assert not ParamValidator().validate({"datasetArn": "arn:aws:personalize:x:1:dataset/g/ITEMS", "items": [one]}, shape).has_errors()
    assert list(record(USERS, dict.fromkeys(USERS.columns, "x"))) == ["userId", "properties"]


def test_only_what_has_changed_is_told_again():
    rows = [product(n) for n in range(25)]
    first = tell(ITEMS, rows, frozenset(), Sink(), everybody, always)
    sink = Sink()

    second = tell(ITEMS, [*rows[:24], product(24, available="no")], frozenset(first.digests), sink, everybody, always)

    assert (first.told, second.told, second.unchanged) == (25, 1, 24)
    assert sink.calls == [["P-024"]]


def test_what_returns_to_what_it_was_is_told_again():
    known: frozenset[str] = frozenset()
    told = []
    for available in ("yes", "no", "yes"):
        done = tell(ITEMS, [product(1, available=available)], known, Sink(), everybody, always)
        known = frozenset(done.digests)
        told.append(done.told)

    assert told == [1, 1, 1]


def test_calls_are_as_full_as_they_may_be():
    sink = Sink()
    tell(ITEMS, [product(n) for n in range(25)], frozenset(), sink, everybody, always)

    assert [len(call) for call in sink.calls] == [10, 10, 5]


def test_one_bad_record_costs_the_others_nothing():
    sink = Sink(poison=("P-003", "P-014"))
    done = tell(ITEMS, [product(n) for n in range(20)], frozenset(), sink, everybody, always)

    assert (done.told, done.refused, done.left) == (18, 2, 0)


def test_what_was_not_taken_is_left_and_told_by_the_next_call():
    rows = [product(n) for n in range(30)]
    away = tell(ITEMS, rows, frozenset(), Sink(most=1), everybody, always)
    sink = Sink()

    after = tell(ITEMS, rows, frozenset(away.digests), sink, everybody, always)

    assert (away.told, away.left) == (10, 20)
    assert (after.told, after.unchanged, after.left) == (20, 10, 0)


def test_who_does_not_allow_it_is_not_told_of():
    sink = Sink()
    done = tell(ITEMS, [product(n) for n in range(3)], frozenset(), sink, lambda ids: frozenset(ids) - {"P-001"}, always)

    assert sink.calls == [["P-000", "P-002"]]
    assert (done.withheld, len(done.digests)) == (1, 2)


def test_when_the_time_is_over_the_rest_is_left():
    turns = iter([True, True, True, False])
    done = tell(ITEMS, [product(n) for n in range(30)], frozenset(), Sink(), everybody, lambda: next(turns, False))

    assert (done.told, done.left) == (20, 10)


def test_an_id_that_personalize_cannot_have_is_refused_by_us():
    done = tell(ITEMS, [product(1, item_id="x" * 257)], frozenset(), Sink(), everybody, always)

    assert (done.refused, done.told) == (1, 0)
