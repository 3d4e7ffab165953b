"""What may be asked of the profiles API, and what is answered."""

from decimal import Decimal

import pytest

from omnichannel.view.answer import answer
from omnichannel.view.fields import PERSONAL
from omnichannel.view.members import Asked, page
from omnichannel.view.question import Question, Unanswerable

EMAIL = "0" * 64
NAME = "Sleepers"
ITEMS = {
    "c_1": {"customer_id": "c_1", "updated_at": "2026-01-01", "email": "canary@shop.example", "customer_ref": "R1", "refs": ["R1"],
            "profile": {"first_name": "Canary"}, "aggregates": {"orders": Decimal(2), "discount_share": Decimal("0.25")}, "quality": []},
    "c_old": {"customer_id": "c_old", "customer": "c_1"},
    "customer_ref#R1": {"customer_id": "customer_ref#R1", "customer": "c_old"},
    f"email_sha256#{EMAIL}": {"customer_id": f"email_sha256#{EMAIL}", "customer": "c_1"},
    "c_lost": {"customer_id": "c_lost", "customer": "c_lost"},
}  # fmt: skip


def asked(customer, **query):
    def read(key, attributes):
        return None if key not in ITEMS else {name: value for name, value in ITEMS[key].items() if name in attributes}

    return answer(Question.of(customer, query), read)


@pytest.mark.parametrize(("customer", "query"), [("c_1", {}), ("c_old", {}), ("ref:R1", {}), (None, {"email_sha256": EMAIL.upper()})])
def test_every_way_leads_to_the_one_customer(customer, query):
    found = asked(customer, **query)

    assert found["customer_id"] == "c_1"
    assert found["aggregates"] == {"orders": 2, "discount_share": 0.25}


def test_who_somebody_is_is_told_only_to_who_names_it():
    usual, named = asked("c_1"), asked("c_1", fields="contact,refs,profile")

    assert not PERSONAL & usual.keys()
    assert "canary" not in str(usual).lower()
    assert (named["contact"], named["refs"]) == ({"email": "canary@shop.example"}, {"customer_ref": "R1", "refs": ["R1"]})
    assert named["profile"] == {"first_name": "Canary"}


@pytest.mark.parametrize(
    ("customer", "query", "status"),
    [
        ("c_2", {}, 404),
        ("c_lost", {}, 404),
        ("ref:nobody", {}, 404),
        ("ref:", {}, 404),
        ("  ", {}, 404),
        ("email_sha256#" + EMAIL, {}, 404),
        ("x" * 300, {}, 404),
        ("c_1", {"fields": "segments,shoe_size"}, 400),
        ("c_1", {"email_sha256": EMAIL}, 400),
        (None, {}, 400),
        (None, {"email_sha256": "canary@shop.example"}, 400),
        (None, {"email_sha256": EMAIL, "expand": "all"}, 400),
    ],
)
def test_a_question_without_an_answer_says_what_would_work_and_repeats_nothing(customer, query, status):
    with pytest.raises(Unanswerable) as refused:
        asked(customer, **query)

    assert refused.value.status == status
    assert "canary" not in str(refused.value)


def test_a_page_leaves_out_who_has_left_the_segment_or_is_gone_and_goes_on_after_them():
    held = {
        "c_1": {**ITEMS["c_1"], "in_segment": NAME},
        "c_2": {"customer_id": "c_2", "in_segment": "Others"},
        "c_3": {"customer_id": "c_3", "customer": "c_1"},
    }

    def items(keys, attributes):
        return [{name: value for name, value in held[key].items() if name in attributes} for key in reversed(keys) if key in held]

    asked_for = Asked.of({"segment": NAME, "limit": "4", "fields": "aggregates"})
    found = page(asked_for, lambda *asked: (["c_1", "c_2", "c_3", "c_4"], True), items)

    told = {"customer_id": "c_1", "updated_at": "2026-01-01", "aggregates": {"orders": 2, "discount_share": 0.25}}
    assert found == {"segment": NAME, "profiles": [told], "next": "c_4"}


def test_a_page_names_nobody_unless_it_is_asked_to():
    asked_for = Asked.of({"segment": NAME})

    found = page(asked_for, lambda *asked: (["c_1"], False), lambda keys, attributes: [{**ITEMS["c_1"], "in_segment": NAME}])

    (told,) = found["profiles"]
    assert set(told) == {"customer_id", "updated_at", "aggregates", "quality"}
    assert "canary" not in str(found).casefold()
