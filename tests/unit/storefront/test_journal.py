import threading
from itertools import count

from sandbox.storefront.journal import DONE, KEPT, SKIPPED, WAITING, Hop, Journal

AT = "2026-11-20T10:00:00.000005+00:00"


def journal(**visitor):
    ticks = count()
    found = Journal(lambda: float(next(ticks)))
    found.is_now("anon-1", visitor.get("user_id", "C1"), visitor.get("customer_id", "c_1"))
    return found


def traces(found):
    return found.visitor("anon-1").to_plain()["traces"]


def test_a_hop_tells_how_long_after_the_click_it_was_seen():
    found = journal()
    found.begin("anon-1", id="m1", title="Product Viewed", about="Pan", at=AT)

    found.saw("m1", "door", DONE, "accepted")
    found.saw("m1", "bus", DONE, "on the bus")

    hops = traces(found)[0]["hops"]
    assert [(hops[name]["state"], hops[name]["seconds"]) for name in ("door", "bus", "relay")] == [(DONE, 1), (DONE, 2), (WAITING, None)]


def test_what_was_seen_first_stays():
    found = journal()
    found.begin("anon-1", id="m1", title="Product Viewed", about="Pan", at=AT)
    found.saw("m1", "bus", DONE, "on the bus")

    found.saw("m1", "bus", DONE, "again")

    assert traces(found)[0]["hops"]["bus"]["text"] == "on the bus"


def test_a_segment_and_the_decision_belong_to_the_event_of_their_time():
    found = journal()
    for number in range(2):
        found.begin("anon-1", id=f"m{number}", title="Product Viewed", about="Pan", at=f"{AT}-{number}")

    found.changed("c_1", f"{AT}-0", "into “Just bought”", "Just bought: entered")
    found.decided("c_1", f"{AT}-0", "d1", "complement", Hop(state=WAITING, text="email"))

    last, first = traces(found)
    assert (first["hops"]["segment"]["state"], first["hops"]["decision"]["text"]) == (DONE, "complement")
    assert last["hops"]["segment"]["state"] == last["hops"]["decision"]["state"] == WAITING


def test_two_segments_of_one_event_are_told_together():
    found = journal()
    found.begin("anon-1", id="m1", title="Product Viewed", about="Pan", at=AT)

    found.changed("c_1", AT, "into “A”", "A: entered")
    found.changed("c_1", AT, "into “B”", "B: entered")

    assert traces(found)[0]["hops"]["segment"]["text"] == "into “A”, into “B”"


def test_a_change_without_a_click_is_a_timers():
    found = journal()

    found.changed("c_1", AT, "into “Abandoned cart”", "Abandoned cart: entered")

    trace = traces(found)[0]
    assert (trace["by_timer"], trace["title"]) == (True, "Abandoned cart: entered")
    assert [trace["hops"][name]["state"] for name in ("door", "bus", "relay", "segment")] == [SKIPPED, SKIPPED, SKIPPED, DONE]


def test_a_decision_of_an_unknown_moment_answers_the_oldest_open_change():
    found = journal()
    found.begin("anon-1", id="m1", title="Order Completed", about="Pan", at=AT)
    found.changed("c_1", AT, "into “Just bought”", "Just bought: entered")

    found.decided("c_1", "another moment", "d1", "complement", Hop(state=SKIPPED, text="none"))

    assert traces(found)[0]["hops"]["decision"]["state"] == DONE


def test_a_message_belongs_to_the_decision_that_asked_for_it():
    found = journal()
    found.begin("anon-1", id="m1", title="Order Completed", about="Pan", at=AT)
    found.decided("c_1", AT, "d1", "complement", Hop(text="email"))
    awaited = found.messages_awaited()

    found.messaged("d1", Hop(state=DONE, text="pinpoint has it"))
    found.decided("c_1", AT, "d2", "nothing to say now", Hop(state=SKIPPED, text="none"))

    hops = traces(found)[0]["hops"]
    assert (awaited, found.messages_awaited()) == ({"d1"}, set())
    assert (hops["decision"]["text"], hops["message"]["text"]) == ("nothing to say now", "pinpoint has it")


def test_what_ends_at_a_hop_goes_nowhere_after_it():
    found = journal()
    found.begin("anon-1", id="m1", title="identify", about="", at=AT)
    found.saw("m1", "door", SKIPPED, "ignored")

    found.ends_at("m1", "door", "")

    assert {hop["state"] for hop in traces(found)[0]["hops"].values()} == {SKIPPED}


def test_what_somebody_else_did_is_not_told_here():
    found = journal()

    found.changed("c_2", AT, "into “A”", "A: entered")

    assert traces(found) == []


def test_whoever_waits_hears_what_is_new():
    found, heard = journal(), []
    version = found.visitor("anon-1").version
    listener = threading.Thread(target=lambda: heard.append(found.wait("anon-1", version, 30)))
    listener.start()

    found.begin("anon-1", id="m1", title="Product Viewed", about="Pan", at=AT)
    listener.join()

    assert heard[0]["version"] > version
    assert heard[0]["traces"][0]["id"] == "m1"


def test_whoever_waits_in_vain_hears_nothing():
    found = journal()

    assert found.wait("anon-1", found.visitor("anon-1").version, 0) is None


def test_only_the_latest_events_are_kept():
    found = journal()
    for number in range(KEPT + 5):
        found.begin("anon-1", id=f"m{number}", title="Product Viewed", about="", at=AT)

    assert len(traces(found)) == KEPT
    assert traces(found)[0]["id"] == f"m{KEPT + 4}"


def test_another_login_forgets_whom_the_panel_was_about():
    found = journal()
    found.knows("c_1", {"live_segments": [{"name": "A"}]})

    found.is_now("anon-1", "C2", "c_2")

    assert found.visitor("anon-1").customer == {}
    assert found.customers() == {"c_2"}
