"""Ids stay: what merges keeps the older one, what splits leaves it to the surest part, and everything is told."""

from tests.unit.identity.sightings import AT, customer_id, day, groups, happened, owners, resolved, seen

GUEST = [seen("mail:m1", source="orders", first=1)]
TWO = [seen("ref:R1", "mail:m1", first=1), seen("ref:R2", "mail:m2", first=2)]
SAME = [*TWO, seen("ref:R2", "mail:m1", first=9)]


def rows_of(resolution, value):
    return [(r["customer_id"], r["valid_from"], r["valid_to"]) for r in resolution.links.to_pylist() if r["id_value"] == value]


def test_a_guest_who_registers_keeps_the_id():
    guest = resolved(GUEST)

    later = resolved([*GUEST, seen("ref:R1", "mail:m1", first=4)], guest.links)

    assert set(owners(later).values()) == set(owners(guest).values())
    assert happened(later, "minted") == []


def test_a_merge_keeps_the_older_id_and_leads_the_other_to_it():
    before = resolved(TWO)

    after = resolved(SAME, before.links)

    first, second = customer_id("R1"), customer_id("R2")
    assert set(owners(after).values()) == {first}
    assert after.redirects == {second: first}
    assert rows_of(after, "m2") == [(second, day(2), day(9)), (first, day(9), None)]
    assert [(e["customer_id"], e["other_customer_id"], e["id_type"], e["at"]) for e in happened(after, "merged")] == [
        (first, second, "email_sha256", AT)
    ]


def test_redirects_lead_on_through_later_merges():
    two = resolved(SAME, resolved(TWO).links)
    older = [seen("ref:R0", "mail:m0", first=0)]
    joined = [*SAME, *older, seen("ref:R0", "mail:m1", first=20)]

    apart = resolved([*SAME, *older], two.links)
    after = resolved(joined, apart.links)

    assert after.redirects == {customer_id("R1"): customer_id("R0"), customer_id("R2"): customer_id("R0")}


def test_a_split_leaves_the_id_to_the_surest_and_oldest_part():
    before = resolved(SAME)

    after = resolved([*TWO, seen("ref:R1", "born:1980-01-01"), seen("ref:R2", "born:1990-01-01")], before.links)

    assert owners(after) == {
        "ref:R1": customer_id("R1"),
        "mail:m1": customer_id("R1"),
        "ref:R2": customer_id("R2"),
        "mail:m2": customer_id("R2"),
    }
    assert rows_of(after, "m2") == [(customer_id("R2"), day(2), None), (customer_id("R1"), day(9), AT)]
    assert [(e["customer_id"], e["other_customer_id"]) for e in happened(after, "split")] == [(customer_id("R1"), customer_id("R2"))]


def test_an_id_that_lives_is_not_minted_again():
    named_by_r1 = resolved([seen("ref:R1", "mail:m1", first=5)])
    joined = resolved([seen("ref:R1", "mail:m1", first=5), seen("ref:R0", "mail:m1", first=1)], named_by_r1.links)

    apart = resolved([seen("ref:R1", first=5), seen("ref:R0", "mail:m1", first=1)], joined.links)

    assert owners(apart)["ref:R0"] == customer_id("R1")
    assert owners(apart)["ref:R1"] not in (customer_id("R1"), customer_id("R0"))


def test_a_device_that_changes_hands_is_moved():
    first = resolved([*TWO, seen("ref:R1", "web:w1", "events", 3)])

    after = resolved([*TWO, seen("ref:R1", "web:w1", "events", 3), seen("ref:R2", "web:w1", "events", 6)], first.links)

    assert rows_of(after, "w1") == [(customer_id("R1"), day(3), day(6)), (customer_id("R2"), day(6), None)]
    assert [(e["customer_id"], e["other_customer_id"]) for e in happened(after, "moved")] == [(customer_id("R1"), customer_id("R2"))]


def test_what_turns_out_to_be_shared_ends():
    one = resolved([seen("ref:R0", "web:till", "events", 0)])

    after = resolved([seen(f"ref:R{n}", "web:till", "events", n) for n in range(4)], one.links)

    assert rows_of(after, "till") == [(customer_id("R0"), day(0), AT)]
    assert [e["customer_id"] for e in happened(after, "ended")] == [customer_id("R0")]


def test_an_erased_customer_leaves_no_link():
    before = resolved(TWO)
    kept = before.links.filter([owner != customer_id("R2") for owner in before.links["customer_id"].to_pylist()])

    after = resolved(TWO[:1], kept)

    assert groups(after) == {frozenset({"ref:R1", "mail:m1"})}
    assert after.links.equals(kept)


def test_the_same_again_changes_nothing_and_tells_the_same_events():
    before = resolved(SAME, resolved(TWO).links)

    again = resolved(SAME, before.links)

    assert again.links.equals(before.links)
    assert again.events.num_rows == 0
    assert again.redirects == before.redirects


def test_a_run_that_is_repeated_tells_events_under_the_same_ids():
    before = resolved(TWO)

    once, again = resolved(SAME, before.links), resolved(SAME, before.links, at=day(900))

    assert once.events["event_id"].equals(again.events["event_id"])
    assert not once.events["at"].equals(again.events["at"])


def test_an_earlier_sighting_makes_a_link_older():
    before = resolved([seen("ref:R1", "mail:m1", "identify", 7)])

    after = resolved([seen("ref:R1", "mail:m1", "identify", 7), seen("ref:R1", "mail:m1", first=2)], before.links)

    assert rows_of(after, "m1") == [(customer_id("R1"), day(2), None)]
