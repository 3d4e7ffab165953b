"""The lists of a run's campaigns: whom they speak to, with what, and who is left out at this moment."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from omnichannel.aws import clients
from omnichannel.contracts import zones
from omnichannel.experiments.assignment import held_out
from omnichannel.playbook.campaigns import AudienceKind, campaigns_playbook
from omnichannel.privacy import rewrite, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject
from tests.integration.campaigns.conftest import AGREED, NO, RUN, YES, Retailer, hold_out, win_back

GOLDEN = """\
customer_id,customer_ref,subgroup,action,channel,not_before,item_1,item_1_name,item_1_price,item_1_url,\
item_2,item_2_name,item_2_price,item_2_url,item_3,item_3_name,item_3_price,item_3_url
c_1,CRM-c_1,voucher,win-back-voucher,email,2026-03-01T09:00:00+00:00,P1,Cup P1,€12.90,https://shop.example/products/P1,\
P2,Cup P2,"€1,249.00",https://shop.example/products/P2,,,,
c_2,CRM-c_2,recommended,win-back-recommended,email,,,,,,,,,,,,,
"""


def test_a_win_back_list_has_references_subgroups_and_products_and_no_addresses(retailer: Retailer) -> None:
    for customer in ("c_1", "c_2"):
        retailer.customer(customer)
    plain = win_back("c_2", action="win-back-recommended", items=(), arms={"win-back-message": "recommended"})
    parts = retailer.decided(win_back("c_1", not_before="2026-03-01T09:00:00+00:00"), plain, "c_3")

    answer = retailer.lists(parts)

    assert gzip.decompress(retailer.body("win-back")).decode() == GOLDEN
    assert answer["win-back"] == 2
    assert retailer.manifest["win-back"] == {"listed": 2, "withheld": {}, "subgroups": {"recommended": 1, "voucher": 1}}


def test_every_campaign_with_messages_has_a_list_even_of_nobody(retailer: Retailer) -> None:
    retailer.lists()

    speaking = [name for name, each in campaigns_playbook().items() if each.audience is AudienceKind.MESSAGING]
    assert all(retailer.rows(name) == [] for name in speaking)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consents": {}}, "no-consent"),
        ({"consents": AGREED | {"marketing/email": NO}}, "no-consent"),
        ({"consents": {"advertising/web": YES}}, "no-consent"),
        ({"suppressed": {"email": {"reason": "bounce", "at": "2026-02-01T00:00:00+00:00"}}}, "suppressed"),
        ({"suppressed": {"any": {"reason": "request", "at": "2026-02-01T00:00:00+00:00"}}}, "suppressed"),
    ],
)
def test_what_changed_since_the_decision_counts(retailer: Retailer, changes: dict[str, Any], reason: str) -> None:
    parts = retailer.decided(win_back(retailer.customer("c_1", **changes)), win_back(retailer.customer("c_2")))

    retailer.lists(parts)

    assert [row["customer_id"] for row in retailer.rows("win-back")] == ["c_2"]
    assert retailer.manifest["win-back"]["withheld"] == {reason: 1}


def test_somebody_without_an_item_is_not_listed(retailer: Retailer) -> None:
    retailer.lists(retailer.decided(win_back("c_gone")))

    assert retailer.manifest["win-back"] == {"listed": 0, "withheld": {"no-consent": 1}, "subgroups": {}}


def test_the_held_out_are_in_no_list_and_everybody_is_accounted_for(retailer: Retailer, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_out(monkeypatch, 0.3)
    customers = [retailer.customer(f"c_{n}") for n in range(300)]
    for start in range(0, 300, 100):
        parts = retailer.decided(*map(win_back, customers[start : start + 100]))

    retailer.lists(parts)

    listed = {row["customer_id"] for row in retailer.rows("win-back")}
    assert listed == {each for each in customers if not held_out("s", 0.3, each)}
    assert retailer.manifest["win-back"]["listed"] + retailer.manifest["win-back"]["withheld"]["holdout"] == 300


def test_products_are_those_that_can_be_bought_now(retailer: Retailer) -> None:
    retailer.product("P1", stock=0)
    retailer.product("P3", name="=SUM(A1)", price="soon")

    retailer.lists(retailer.decided(win_back(retailer.customer("c_1"), items=("P1", "P2", "P3", "P9"))))

    row = retailer.rows("win-back")[0]
    assert [row[f"item_{n}"] for n in (1, 2, 3)] == ["P2", "P3", ""]
    assert (row["item_2_name"], row["item_2_price"]) == ("'=SUM(A1)", "")


def test_the_same_again_makes_the_same_bytes(retailer: Retailer) -> None:
    parts = retailer.decided(win_back(retailer.customer("c_1")), win_back(retailer.customer("c_2")))

    bodies = []
    for _ in range(2):
        retailer.lists(parts)
        bodies.append(retailer.body("win-back"))

    assert bodies[0] == bodies[1]


def test_a_run_that_breaks_off_leaves_no_half_lists(retailer: Retailer) -> None:
    parts = retailer.decided(win_back(retailer.customer("c_1")))

    with pytest.raises(clients.client("s3").exceptions.NoSuchKey):
        retailer.lists([*parts, "activation/run=r1/decided/gone.jsonl.gz"])

    assert retailer.keys(f"{zones.activation_run(RUN)}campaigns/") == []


def test_an_erasure_takes_a_person_out_of_a_list(retailer: Retailer, tmp_path: Path) -> None:
    retailer.lists(retailer.decided(win_back(retailer.customer("c_1abcdef")), win_back(retailer.customer("c_2abcdef"))))
    path = tmp_path / "list"
    path.write_bytes(retailer.body("win-back"))
    stored = unpack.Stored(stream=lambda: path.open("rb"), local=lambda: path)
    person = Subject(customer_ids=("c_1abcdef",), values={Kind.CUSTOMER_ID: frozenset({"c_1abcdef"})})

    done = rewrite.without(stored, unpack.form_of(stored), Matcher(person), tmp_path / "out")

    left = gzip.decompress((tmp_path / "out").read_bytes()).decode()
    assert (done.removed, done.kept) == (1, 1)
    assert "c_2abcdef" in left
    assert "c_1abcdef" not in left
