from sandbox.storefront import people, seen
from sandbox.storefront.journal import DONE, FAILED, SKIPPED, WAITING
from sandbox.storefront.shelf import Shelf

YES = {"personalization/web": {"granted": True, "at": "2026-01-01"}}


def product(number, category="Kitchen", **more):
    what = {"product_id": f"P{number}", "name": f"Copper Pan {number}", "category_l1": category}
    return {**what, "price": 5, "currency": "EUR", "active": True, **more}


def customer(number, orders=1, **more):
    who = {"customer_id": f"c_{number}", "customer_ref": f"C{number}", "profile": {"first_name": "Ada", "last_name": "Poe"}}
    return {**who, "aggregates": {"orders": orders}, "consents": YES, **more}


def test_only_what_can_be_bought_is_on_the_shelf():
    shelf = Shelf.of([product(1), product(2, active=False), product(3, stock=0), product(4, price=None), product(5, stock=2)], [])

    assert list(shelf.products) == ["P1", "P5"]


def test_a_category_shows_the_most_popular_first():
    shelf = Shelf.of([product(1), product(2), product(3, "Wine")], ["P3", "P2"])

    assert [each["product_id"] for each in shelf.page(category="Kitchen")] == ["P2", "P1"]


def test_the_first_page_has_something_of_every_category():
    shelf = Shelf.of([product(1), product(2), product(3, "Wine")], ["P1", "P2", "P3"])

    assert [each["product_id"] for each in shelf.page()] == ["P1", "P3", "P2"]


def test_a_search_finds_what_has_every_word():
    shelf = Shelf.of([product(1), product(2, name="Copper Kettle")], [])

    assert [each["product_id"] for each in shelf.page(query="copper KETTLE")] == ["P2"]
    assert shelf.page(query="silver") == []


def test_people_are_offered_by_first_name_alone_some_who_refuse_among_them():
    items = [customer(number, orders=number) for number in range(10)] + [customer(10 + n, consents={}) for n in range(3)]

    found = people.offered(items)

    assert len(found) == people.OFFERED
    assert sum(not each["personalization"] for each in found) == people.REFUSING
    assert found[0]["orders"] == 9
    assert "Poe" not in str(found)


def test_those_whom_a_message_would_answer_come_first():
    found = people.offered([customer(number, orders=number) for number in range(4)], {"c_1"})

    assert [each["user_id"] for each in found] == ["C1", "C3", "C2", "C0"]


def test_a_customer_without_a_first_name_or_an_id_of_the_shop_is_not_offered():
    items = [customer(1, profile={}), customer(2, customer_ref=None)]

    assert people.offered(items) == []


def test_the_doors_answers_are_told_apart():
    assert seen.by_door(200, {"accepted": 1}).state == DONE
    assert seen.by_door(200, {"ignored": 1}).state == SKIPPED
    assert seen.by_door(401, {"title": "Wrong signature"}).state == FAILED


def test_the_ledgers_rows_are_told_with_their_reasons():
    told = [
        seen.by_relay({"status": "delivered", "customer_id": "c_1"}),
        seen.by_relay({"status": "delivered", "customer_id": ""}),
        seen.by_relay({"status": "withheld", "reason": "no-consent"}),
        seen.by_relay({"status": "rejected", "reason": "id-too-long"}),
    ]

    assert [each.state for each in told] == [DONE, DONE, SKIPPED, FAILED]
    assert len({each.text for each in told}) == 4


def test_the_messengers_rows_are_told_with_their_reasons():
    told = [
        seen.by_messenger({"sink": "pinpoint", "status": status, "reason": "no-consent"})
        for status in ("delivered", "withheld", "rejected")
    ]

    assert [each.state for each in told] == [DONE, SKIPPED, FAILED]
    assert "no-consent" in told[1].text


def test_a_decision_for_nothing_says_which_rules_refused():
    text, sent = seen.by_decision({"action": "", "refused": {"a": ["quiet-hours", "not-eligible"], "b": ["holdout"]}})

    assert (text, sent.state) == ("nothing to say now", SKIPPED)
    assert sent.text == "none: holdout, quiet-hours"


def test_a_decision_for_a_message_waits_for_it():
    decided = {"action": "complement", "campaign": "care", "channel": "email", "not_before": "2026-11-21T07:00:00+00:00"}

    text, sent = seen.by_decision(decided)

    assert (text, sent.state) == ("complement (care)", WAITING)
    assert "email" in sent.text
    assert "2026-11-21T07:00" in sent.text


def test_a_customer_is_shown_without_anything_personal():
    item = {
        "customer_id": "c_1", "profile": {"first_name": "Ada"}, "email": "ada@shop.example", "consents": YES,
        "live_segments": {"Just bought": {"since": "a", "until": "b"}}, "next_action": {"action": "complement", "items": ["P1"], "p": 1},
    }  # fmt: skip

    shown = seen.customer(item, {"P1": "Copper Pan"})

    assert shown["live_segments"] == [{"name": "Just bought", "since": "a", "until": "b"}]
    assert (shown["next_action"]["action"], shown["next_action"]["items"]) == ("complement", ["Copper Pan"])
    assert "da" not in str(shown).replace("data", "")


def test_a_browser_is_one_profile_and_one_user():
    profiles = [{"user_ids": ["C1"], "anonymous_ids": ["a"], "events": 3}]
    events = [{"userId": None}, {"userId": "c_1"}, {"userId": "c_1"}]

    found = seen.identity(profiles, events)

    assert (found["segment_profiles"], found["segment_user_ids"], found["segment_anonymous_ids"]) == (1, ["C1"], ["a"])
    assert (found["personalize_users"], found["personalize_events"], found["personalize_before_login"]) == (["c_1"], 3, 1)
