"""An audience part goes in, and comes out decided."""

from datetime import UTC, datetime

import pytest

from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.contracts.scores import Trait
from tests.integration.decisions.conftest import AS_OF, RUN, Account, customers_where, record, someone_held_out


def test_every_member_has_a_decision_and_its_traits(account: Account):
    near, nobody = customers_where({"renewal": "treatment", "replenish": "treatment"}, 2)
    account.customer(near)

    answer, members = account.decide(record(near, churn=0.2), record(nobody, churn=0.9))

    decisions = {member.customer_id: Decision.of(member.decision or {}) for member in members}
    assert answer == {
        "run": RUN, "as_of": AS_OF, "part": f"activation/run={RUN}/decided/part-000.jsonl.gz", "actions": {"none": 1, "renewal-offer": 1},
    }  # fmt: skip
    assert [member.traits[Trait.NEXT_BEST_ACTION] for member in members] == ["renewal-offer", "none"]
    assert all(member.traits[Trait.PROPENSITY_AS_OF] == AS_OF for member in members)
    assert decisions[near].campaign == "renewal"
    assert decisions[near].p == 0.2  # not the 0.7 x 0.25 of the item's own, older score
    assert decisions[near].playbook == account.rules.digest
    assert Rule.NO_CONSENT in decisions[nobody].refused["renewal-offer"]


def test_recommended_items_are_in_stock_and_popular_ones_where_nothing_is_recommended(account: Account):
    one, other = customers_where({"renewal": "treatment"}, 2)
    account.customer(one)
    account.customer(other, recommended=None)

    _, members = account.decide(record(one, churn=0.2), record(other, churn=0.2))

    assert [member.traits[Trait.RECOMMENDED_ITEMS] for member in members] == [["P2", "P3"], ["P4", "P5"]]


def test_who_is_held_out_or_in_the_control_group_gets_no_action(account: Account):
    out, (control,) = someone_held_out(), customers_where({"renewal": "control"}, 1)
    account.customer(out)
    account.customer(control)

    _, members = account.decide(record(out, churn=0.2), record(control, churn=0.2))

    refused = [Decision.of(member.decision or {}).refused["renewal-offer"] for member in members]
    assert [member.traits[Trait.NEXT_BEST_ACTION] for member in members] == ["none", "none"]
    assert Rule.HOLDOUT in refused[0]
    assert refused[1] == (Rule.CONTROL_GROUP,)


def test_who_got_the_same_lately_does_not_get_it_again(account: Account):
    (customer,) = customers_where({"renewal": "treatment"}, 1)
    account.customer(customer)
    account.contacted(customer, "renewal-offer", days_ago=10)

    _, (member,) = account.decide(record(customer, churn=0.2))

    assert Decision.of(member.decision or {}).refused["renewal-offer"] == (Rule.COOL_DOWN,)


def test_the_same_part_decided_again_at_the_same_moment_has_the_same_bytes(account: Account, monkeypatch: pytest.MonkeyPatch):
    (customer,) = customers_where({"renewal": "treatment"}, 1)
    account.customer(customer)
    moment = datetime(2026, 11, 10, 12, tzinfo=UTC)
    monkeypatch.setattr("lambdas.decide_audience.datetime", type("Clock", (), {"now": staticmethod(lambda _: moment)}))

    contents = []
    for _ in range(2):
        answer, _ = account.decide(record(customer, churn=0.2))
        contents.append(account.s3.get_object(Bucket="lake", Key=answer["part"])["Body"].read())
        account.s3.delete_object(Bucket="lake", Key=answer["part"])  # or what was decided would stand

    assert contents[0] == contents[1]


def test_a_run_that_is_run_again_stays_with_what_it_decided(account: Account):
    (customer,) = customers_where({"renewal": "treatment"}, 1)
    account.customer(customer)
    before = account.decide(record(customer, churn=0.2))

    account.contacted(customer, "renewal-offer", days_ago=0)
    after = account.decide(record(customer, churn=0.2))

    assert after == before
    assert before[1][0].traits[Trait.NEXT_BEST_ACTION] == "renewal-offer"


def test_an_odd_item_is_decided_with_the_others_and_counted_in_the_log(account: Account, caplog: pytest.LogCaptureFixture):
    odd, sound = customers_where({"renewal": "treatment"}, 2)
    account.customer(odd, consents={"marketing/email": {"granted": True}}, aggregates={"renews_at": "soon-canary"}, recommended=["P2"])
    account.customer(sound)

    _, members = account.decide(record(odd, churn=0.2), record(sound, churn=0.2))

    assert [member.traits[Trait.NEXT_BEST_ACTION] for member in members] == ["none", "renewal-offer"]
    [told] = caplog.records
    assert vars(told)["unreadable"] == {"consents": 1, "renews_within_days": 1, "recommended": 1}
    assert "canary" not in str(vars(told))
