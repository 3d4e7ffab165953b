"""What may be asked of the profiles API, and what is answered."""

from decimal import Decimal

import pytest

from omnichannel.view.answer import answer
from omnichannel.view.fields import PERSONAL
from omnichannel.view.question import Question, Unanswerable

EMAIL = "0" * 64
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
