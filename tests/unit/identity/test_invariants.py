"""Whatever was seen, in whatever order: what always holds of identity resolution."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.identity.rules import RULES
from omnichannel.transform.lake import Lake
from tests.unit.identity.sightings import SHORT, customer_id, groups, owners, resolved, seen

POOLS = {"ref": 6, "card": 4, "mail": 5, "tel": 3, "profile": 2, "web": 5, "phone": 2}
SOURCES = ("customers", "orders", "events", "identify", "alias")
identifiers = st.sampled_from([f"{kind}:{n}" for kind, count in POOLS.items() for n in range(count)])


def surer_first(pair):
    return sorted(pair, key=lambda text: (list(POOLS).index(text.split(":")[0]), text))


pairs = st.lists(identifiers, min_size=2, max_size=2, unique=True).map(surer_first)
days = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)
together = st.builds(lambda pair, source, when: seen(*pair, source, *when), pairs, st.sampled_from(SOURCES), days)
alone = st.builds(lambda one, when: seen(one, "", "orders", *when), identifiers, days)
told = st.builds(
    lambda n, kind, code: seen(f"ref:{n}", f"{kind}:{code}"), st.integers(0, 5), st.sampled_from(["born", "name"]), st.integers(0, 1)
)
shops = st.lists(st.one_of(together, together, together, alone, told), max_size=40)
few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(shops, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))

    assert resolved(rows).links.equals(resolved(shuffled).links)


@few
@given(shops, shops)
def test_the_same_again_changes_nothing(earlier, rows):
    once = resolved(rows, resolved(earlier).links)

    again = resolved(rows, once.links)

    assert again.links.equals(once.links)
    assert set(again.events["kind"].to_pylist()) <= {"refused", "shared"}


@few
@given(shops, shops)
def test_who_belongs_together_does_not_depend_on_what_was_thought_before(earlier, rows):
    assert groups(resolved(rows, resolved(earlier).links)) == groups(resolved(rows))


@few
@given(shops, shops)
def test_every_identifier_has_at_most_one_link_that_holds_and_every_ended_id_leads_to_a_living_one(earlier, rows):
    who = resolved([*earlier, *rows], resolved(earlier).links)

    held = Counter((r["id_type"], r["id_value"]) for r in who.links.to_pylist() if r["valid_to"] is None)
    assert set(held.values()) <= {1}
    assert set(who.redirects.values()) <= set(owners(who).values())
    assert not set(who.redirects) & set(owners(who).values())
    assert all(r["valid_to"] is None or r["valid_to"] >= r["valid_from"] for r in who.links.to_pylist())


@few
@given(shops, shops)
def test_the_view_leads_ended_ids_to_the_same_heirs(earlier, rows):
    who = resolved([*earlier, *rows], resolved(earlier).links)

    with TemporaryDirectory() as work:
        lake = Lake(None, "trusted", Path(work), as_of=datetime(2030, 1, 1, tzinfo=UTC))
        lake.put("identity_links", who.links)
        lake.build("redirects")
        found = {row["customer_id"]: row["survivor"] for row in lake.rows("SELECT * FROM redirects")}
        lake.close()

    assert found == who.redirects


@few
@given(shops)
def test_no_customer_is_over_a_limit_and_what_is_shared_links_nobody(rows):
    who = resolved(rows)

    most = {rule.id_type: rule.most_values for rule in RULES.types}
    for group in groups(who):
        counts = Counter(SHORT[identifier.split(":")[0]] for identifier in group)
        assert all(count <= most[kind] for kind, count in counts.items())
        assert any(SHORT[i.split(":")[0]] == str(rule.id_type) for i in group for rule in RULES.types if rule.customer)


@few
@given(shops)
def test_what_merges_nothing_changes_nobody(rows):
    before = resolved(rows)
    stranger = [seen("ref:new", "mail:new", first=3), seen("mail:new", "web:new", "events", 4)]

    after = resolved([*rows, *stranger], before.links)

    kept = {identifier: owner for identifier, owner in owners(after).items() if not identifier.endswith(":new")}
    assert kept == owners(before)
    assert owners(after)["ref:new"] == customer_id("new")
