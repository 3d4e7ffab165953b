"""The seed list for display networks: hashes of those who agree at this moment, and nobody else."""

import gzip
from typing import Any

import pytest

from omnichannel.experiments.assignment import held_out
from omnichannel.playbook.experiments import CONTROL, experiments_playbook
from tests.integration.campaigns.conftest import AGREED, NO, Retailer, email_of, hold_out, in_control, phone_of

TRIED = in_control("look-alike", False)


def test_the_list_has_hashes_alone_in_the_networks_columns(retailer: Retailer) -> None:
    retailer.customer(TRIED)
    retailer.lookalikes([(email_of(TRIED), phone_of(TRIED))])

    retailer.lists()

    assert gzip.decompress(retailer.body("look-alike")).decode() == f"Email,Phone\n{email_of(TRIED)},{phone_of(TRIED)}\n"
    expected = {"list": "seed", "listed": 1, "withheld": {}, "source": {"as_of": "2026-03-01", "run": "l1"}}
    assert retailer.manifest["look-alike"] == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consents": AGREED | {"advertising/web": NO}}, "no-consent"),
        ({"consents": {}}, "no-consent"),
        ({"suppressed": {"any": {"reason": "request", "at": "2026-02-01T00:00:00+00:00"}}}, "suppressed"),
    ],
)
def test_who_refuses_by_now_is_left_out(retailer: Retailer, changes: dict[str, Any], reason: str) -> None:
    retailer.customer(TRIED, **changes)
    retailer.lookalikes([(email_of(TRIED), "")])

    retailer.lists()

    assert retailer.rows("look-alike") == []
    assert retailer.manifest["look-alike"]["withheld"] == {reason: 1}


def test_a_hash_that_nobody_has_any_more_is_left_out(retailer: Retailer) -> None:
    retailer.customer(TRIED)
    retailer.lookalikes([(email_of(TRIED), phone_of("c_erased")), (email_of("c_erased"), "")])

    retailer.lists()

    assert retailer.rows("look-alike") == [{"Email": email_of(TRIED), "Phone": ""}]
    assert retailer.manifest["look-alike"]["withheld"] == {"unknown-hash": 1}


def test_a_row_of_two_people_needs_both(retailer: Retailer) -> None:
    retailer.customer(TRIED)
    retailer.customer("c_other", consents={})
    retailer.lookalikes([(email_of(TRIED), phone_of("c_other"))])

    retailer.lists()

    assert retailer.manifest["look-alike"]["withheld"] == {"no-consent": 1}


def test_held_out_and_control_are_left_out_and_everybody_is_accounted_for(retailer: Retailer, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_out(monkeypatch, 0.2)
    customers = [retailer.customer(f"c_{n}") for n in range(200)]
    retailer.lookalikes([(email_of(each), "") for each in customers])

    retailer.lists()

    experiment = experiments_playbook().of_campaign("look-alike")
    shown = {email_of(each) for each in customers if not held_out("s", 0.2, each) and experiment.arm(each) != CONTROL}
    assert {row["Email"] for row in retailer.rows("look-alike")} == shown
    told = retailer.manifest["look-alike"]
    assert told["listed"] + sum(told["withheld"].values()) == 200
    assert set(told["withheld"]) == {"holdout", "control-group"}


def test_the_newest_run_that_is_not_after_the_date_is_taken(retailer: Retailer) -> None:
    for run, as_of in (("old", "2026-02-01"), ("newest", "2026-02-20"), ("later", "2026-03-02")):
        retailer.lookalikes([], run=run, as_of=as_of)

    retailer.lists()

    assert retailer.manifest["look-alike"]["source"] == {"as_of": "2026-02-20", "run": "newest"}


def test_a_run_of_nobody_says_why(retailer: Retailer) -> None:
    retailer.lookalikes([], empty={"name": "no-seed", "message": "none is likely to buy"})

    retailer.lists()

    assert retailer.manifest["look-alike"]["empty"] == {"name": "no-seed", "message": "none is likely to buy"}


def test_without_any_run_the_list_is_empty_and_says_so(retailer: Retailer) -> None:
    retailer.lists()

    assert retailer.rows("look-alike") == []
    assert retailer.manifest["look-alike"]["empty"]["name"] == "no-lookalikes"
