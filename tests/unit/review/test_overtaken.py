"""Of two runs that were let through, which one may still deliver."""

import pytest

from omnichannel.review.overtaken import overtaken_by


def review(run, order, decided_at, *, by="tolerances", status="approved"):
    return {"run": run, "order": order, "decided_at": decided_at, "decided_by": by, "status": status}


OLDER = review("r1", "2026-03-01|09:00|r1", "10:00")
NEWER = review("r2", "2026-03-01|11:00|r2", "12:00")
LATER = review("r3", "2026-03-02|09:00|r3", "13:00")


def test_the_newest_run_takes_the_place_of_the_others():
    assert overtaken_by(OLDER, [OLDER, NEWER, LATER]) == "r3"
    assert overtaken_by(NEWER, [OLDER, NEWER]) == ""


@pytest.mark.parametrize("status", ["waiting", "rejected", "expired", "superseded"])
def test_a_run_that_was_not_let_through_takes_nobodys_place(status):
    assert overtaken_by(OLDER, [OLDER, review("r2", NEWER["order"], "12:00", status=status)]) == ""


def test_a_person_who_approves_an_older_run_after_a_newer_one_means_it():
    knowing = review("r1", OLDER["order"], "14:00", by="ann")

    assert overtaken_by(knowing, [knowing, NEWER, LATER]) == ""


def test_a_run_that_a_person_approved_before_the_newer_one_gives_way():
    assert overtaken_by(review("r1", OLDER["order"], "10:00", by="ann"), [OLDER, NEWER]) == "r2"


def test_tolerances_let_no_older_run_pass_after_a_newer_one():
    assert overtaken_by(review("r1", OLDER["order"], "14:00"), [NEWER]) == "r2"
