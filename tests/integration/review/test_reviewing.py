"""A run is compared with the last approved one; tolerances or a person decide; every outcome has its name."""

import json
from datetime import date

import pytest

from lambdas import review_gate
from omnichannel.contracts import zones
from omnichannel.contracts.reviews import Rejected, ReviewExpired, ScoresChanged, Superseded, report_key
from omnichannel.review import runs
from tests.integration.review.conftest import ANN, BOB, drawn, packed


def test_the_first_run_waits_for_a_person_and_says_why(shop):
    answer = shop.review(shop.asked("a1"))

    assert answer == {"status": "waiting", "verdict": "first", "outside": ["churn first_run", "repurchase first_run"]}
    assert json.loads(shop.object(report_key("a1"))) == shop.get("a1")["report"]
    assert shop.get("a1")["sending"] == {"customers": 400, "changed": 400}


def test_a_day_like_the_last_is_approved_by_its_tolerances(shop):
    shop.approved("a1")

    answer = shop.review(shop.asked("a2", as_of="2026-03-02", seed=2))

    assert (answer["status"], answer["outside"]) == ("approved", [])
    assert shop.get("a2")["decided_by"] == "tolerances"
    assert shop.gate("check", "a2") == {"status": "approved"}


def test_where_a_person_always_decides_the_tolerances_only_advise(shop):
    shop.approved("a1")
    shop.environ.setenv("APPROVAL", "person")

    answer = shop.review(shop.asked("a2", as_of="2026-03-02", seed=2))

    assert (answer["status"], answer["verdict"]) == ("waiting", "within")


@pytest.mark.parametrize(
    ("changed", "outside"),
    [
        ({"count": 480}, "population"),
        ({"published": "rfm"}, "published"),
        ({"drift": {"score_psi": 0.4, "worst_psi": 0.5, "drifted": ["recency_days"]}}, "drift"),
        ({"metrics": {"as_of": "2025-12-01"}}, "model_age"),
        ({"infinite_as_unknown": {"average_order_value": 3}}, "infinite"),
    ],
)
def test_what_is_outside_waits_for_a_person(shop, changed, outside):
    shop.approved("a1")

    answer = shop.review(shop.asked("a2", as_of="2026-03-02", seed=2, **changed))

    assert answer["status"] == "waiting"
    assert f"churn {outside}" in answer["outside"]


def test_a_rejected_run_is_nobodys_last_run(shop):
    shop.approved("a1")
    found = shop.waiting("a2", as_of="2026-03-02", count=100)
    shop.post("reject", "a2", found["digest"])

    shop.review(shop.asked("a3", as_of="2026-03-03", seed=3))

    assert shop.get("a3")["report"]["models"]["churn"]["last"]["run"] == "a1-churn"


def test_scores_of_an_earlier_day_than_those_sent_wait_for_a_person(shop):
    shop.approved("a1", as_of="2026-03-01")
    shop.approved("a3", as_of="2026-03-03", seed=3)

    answer = shop.review(shop.asked("a2", as_of="2026-03-02", seed=2))

    assert answer["outside"] == ["churn earlier_date", "repurchase earlier_date"]
    assert shop.get("a3")["status"] == "approved"


def test_approval_wakes_the_execution_and_keeps_who_and_why(shop):
    found = shop.waiting("a1")

    status, body = shop.post("approve", "a1", found["digest"], who=BOB, reason="campaign week, as planned")

    assert (status, body["status"]) == (200, "approved")
    assert (body["decided_by"], body["reason"]) == (BOB, "campaign week, as planned")
    assert shop.executions.heard == [("token-a1", "approved", "")]
    assert shop.gate("check", "a1") == {"status": "approved"}


def test_rejection_fails_the_execution_by_its_name_with_who_and_why(shop):
    found = shop.waiting("a1")

    shop.post("reject", "a1", found["digest"], reason="prices were wrong that day")

    [(_, error, cause)] = shop.executions.heard
    assert error == "Rejected"
    assert cause == f"run a1 was rejected by {ANN}: prices were wrong that day"
    with pytest.raises(Rejected, match="prices were wrong"):
        shop.gate("check", "a1")


def test_an_approval_twice_is_one(shop):
    found = shop.waiting("a1")

    first, second = (shop.post("approve", "a1", found["digest"], who=who) for who in (ANN, BOB))

    assert first == second
    assert second[1]["decided_by"] == ANN
    assert len(shop.executions.heard) == 1


def test_of_two_persons_at_once_the_first_decides_and_the_second_hears_of_it(shop):
    found = shop.waiting("a1")
    shop.post("approve", "a1", found["digest"], who=ANN)

    status, problem = shop.post("reject", "a1", found["digest"], who=BOB)

    assert (status, problem["title"]) == (409, "Approved before")
    assert ANN in problem["detail"]
    assert shop.executions.heard == [("token-a1", "approved", "")]


def test_a_decision_while_another_looks_at_the_scores_is_not_overruled(shop):
    found, look = shop.waiting("a1"), runs.refuse_changed

    def rejected_meanwhile(s3, bucket, scores):
        look(s3, bucket, scores)
        assert shop.post("reject", "a1", found["digest"], who=BOB)[0] == 200

    shop.environ.setattr(runs, "refuse_changed", rejected_meanwhile)
    status, problem = shop.post("approve", "a1", found["digest"], who=ANN)

    assert (status, problem["title"]) == (409, "Rejected before")
    assert [error for _, error, _ in shop.executions.heard] == ["Rejected"]


def test_nobody_decides_in_time(shop):
    found = shop.waiting("a1")
    shop.executions.open.clear()

    with pytest.raises(ReviewExpired, match="3 days"):
        shop.gate("settle", "a1")

    status, problem = shop.post("approve", "a1", found["digest"])
    assert (status, problem["title"]) == (409, "Expired")
    assert "score again" in problem["detail"]
    with pytest.raises(ReviewExpired):
        shop.gate("check", "a1")


def test_an_approval_that_came_as_the_time_ran_out_counts(shop):
    found = shop.waiting("a1")
    shop.executions.open.clear()

    assert shop.post("approve", "a1", found["digest"])[0] == 200
    assert shop.gate("settle", "a1") == {"status": "approved"}


def test_a_newer_run_takes_the_place_of_one_that_waits(shop):
    shop.waiting("a1")

    shop.review(shop.asked("a2", as_of="2026-03-02", seed=2))

    [(token, error, cause)] = shop.executions.heard
    assert (token, error, cause) == ("token-a1", "Superseded", "run a1 was superseded: run a2 is newer")
    assert shop.get("a1")["status"] == "superseded"
    with pytest.raises(Superseded):
        shop.gate("settle", "a1")
    assert shop.post("approve", "a1", shop.get("a1")["digest"])[1]["title"] == "Superseded"


def test_of_two_runs_of_one_day_the_one_whose_scores_are_newer_stays_whichever_is_reviewed_first(shop):
    older, newer = shop.asked("a1"), shop.asked("a2", seed=2)
    shop.environ.setattr("omnichannel.review.opening._written_at", lambda bench, now: now["churn"].run)

    first = shop.review(newer)
    second = shop.review(older)

    assert (first["status"], second["status"]) == ("waiting", "superseded")
    with pytest.raises(Superseded, match="run a2 is newer"):
        shop.gate("check", "a1")


def test_a_review_done_again_is_the_same_review(shop):
    asked = shop.asked("a1")
    once = shop.review(asked)
    opened = shop.item("a1")

    again = shop.review(asked)

    assert (again, shop.item("a1")) == (once, opened)


def test_a_review_done_again_after_the_decision_does_not_undo_it(shop):
    asked = shop.asked("a1")
    shop.approved("a1")

    assert shop.review(asked)["status"] == "approved"


def test_a_decision_between_the_item_and_the_token_reaches_the_execution(shop):
    shop.review(shop.asked("a1"))
    found = shop.get("a1")
    assert shop.post("approve", "a1", found["digest"])[0] == 200
    assert shop.executions.heard == []

    shop.wait("a1")

    assert shop.executions.heard == [("token-a1", "approved", "")]


def test_a_decision_whose_signal_was_lost_is_told_again(shop):
    found = shop.waiting("a1")
    shop.executions.open.clear()
    shop.post("approve", "a1", found["digest"])
    shop.executions.open.add("token-a1")

    status, _ = shop.post("approve", "a1", found["digest"])

    assert status == 200
    assert shop.executions.heard == [("token-a1", "approved", "")]


def test_a_retried_wait_hands_out_the_newer_token(shop):
    found = shop.waiting("a1")
    shop.wait("a1", "second")

    shop.post("approve", "a1", found["digest"])

    assert [token for token, *_ in shop.executions.heard] == ["second"]


def test_other_scores_than_those_that_were_looked_at_are_not_approved(shop):
    found = shop.waiting("a1")
    part = zones.score_run("churn", date(2026, 3, 1), "a1-churn") + "part-000.parquet"
    shop.put(part, packed(drawn(200, 9)))

    status, problem = shop.post("approve", "a1", found["digest"])

    assert (status, problem["title"]) == (409, "Scores changed")
    assert shop.executions.heard == []
    assert shop.post("reject", "a1", found["digest"])[0] == 200


def test_scores_that_change_after_approval_are_not_sent(shop):
    shop.approved("a1")
    shop.put(zones.score_run("churn", date(2026, 3, 1), "a1-churn") + "part-001.parquet", b"other")

    with pytest.raises(ScoresChanged, match="churn run a1-churn"):
        shop.gate("check", "a1")


def test_the_same_scores_written_again_are_the_same(shop):
    found = shop.waiting("a1")
    shop.environ.setattr("omnichannel.review.runs.seal", lambda s3, bucket, key: "another, as S3 gives with a key of ours")

    assert shop.post("approve", "a1", found["digest"])[0] == 200
    assert shop.gate("check", "a1") == {"status": "approved"}


def test_a_digest_of_another_look_is_refused(shop):
    shop.waiting("a1")

    status, problem = shop.post("approve", "a1", "0" * 64)

    assert (status, problem["title"]) == (409, "Other scores")


def test_parts_that_the_manifest_was_not_written_for_are_a_named_failure(shop):
    with pytest.raises(ScoresChanged, match="not those that its manifest was written for"):
        shop.review(shop.asked("a1", digest="0" * 64))


def test_a_run_whose_last_one_is_gone_is_a_first_one(shop):
    shop.approved("a1")
    shop.delete(zones.score_run("churn", date(2026, 3, 1), "a1-churn") + "part-001.parquet")

    answer = shop.review(shop.asked("a2", as_of="2026-03-02", seed=2))

    assert (answer["verdict"], answer["outside"]) == ("first", ["churn first_run"])


@pytest.mark.parametrize(
    ("word", "run", "body", "who", "status", "title"),
    [
        ("approve", "a1", "no JSON", ANN, 400, "Unreadable body"),
        ("approve", "a1", '["x"]', ANN, 400, "Unreadable body"),
        ("approve", "a1", '{"digest": "%s"}', ANN, 400, "A reason is needed"),
        ("approve", "a1", '{"reason": "  ", "digest": "%s"}', ANN, 400, "A reason is needed"),
        ("approve", "a1", '{"reason": "asked ann@x.example", "digest": "%s"}', ANN, 400, "A reason names nobody"),
        ("approve", "a1", '{"reason": "fine with me", "digest": "abc"}', ANN, 400, "Which scores?"),
        ("approve", "a1", '{"reason": "fine with me", "digest": "%s", "who": "me"}', ANN, 400, "Unknown field"),
        ("approve", "a1", '{"reason": "fine with me", "digest": "%s"}', None, 403, "Unknown caller"),
        ("approve", "zz", '{"reason": "fine with me", "digest": "%s"}', ANN, 404, "Unknown run"),
        ("approve", "a/1", '{"reason": "fine with me", "digest": "%s"}', ANN, 400, "Unusable run"),
        ("postpone", "a1", '{"reason": "fine with me", "digest": "%s"}', ANN, 404, "Unknown decision"),
    ],
)
def test_a_decision_that_cannot_be_taken_is_refused_with_what_would_work(shop, word, run, body, who, status, title):
    digest = shop.waiting("a1")["digest"]

    answer, problem = shop.ask("POST", f"/reviews/{run}/{word}", run=run, who=who, body=body.replace("%s", digest))

    assert (answer, problem["title"], problem["status"]) == (status, title, status)
    assert shop.get("a1")["status"] == "waiting"


def test_reviews_are_listed_the_newest_first_and_without_tokens(shop):
    shop.approved("a1")
    shop.waiting("a2", as_of="2026-03-02", count=100)

    everything, waiting = (shop.ask("GET", "/reviews", **query)[1]["reviews"] for query in ({}, {"status": "waiting"}))

    assert [each["run"] for each in everything] == ["a2", "a1"]
    assert [each["run"] for each in waiting] == ["a2"]
    assert "token" not in json.dumps([everything, shop.get("a2")])
    assert shop.ask("GET", "/reviews", status="undecided")[0] == 400


def test_no_customer_stands_in_a_review(shop):
    shop.approved("a1")
    shop.waiting("a2", as_of="2026-03-02", seed=2, count=500)

    assert "c0001" not in json.dumps([shop.item("a1"), shop.item("a2")], default=str)


def test_metrics_tell_drift_and_what_waits(shop, capsys):
    shop.review(shop.asked("a1"))

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]

    names = ("ScoreDrift", "WorstFeatureDrift", "RunsWaiting")
    found = {(line.get("model", ""), name): line[name] for line in told for name in line if name in names}
    assert found[("churn", "ScoreDrift")] == [0.02]
    assert found[("repurchase", "WorstFeatureDrift")] == [0.04]
    assert found[("", "RunsWaiting")] == [1]


def test_an_unknown_action_is_refused(shop):
    with pytest.raises(ValueError, match="expected wait, settle or check"):
        review_gate.handler({"action": "open", "run": "a1"}, None)


def test_a_run_that_a_newer_one_has_overtaken_is_superseded_before_it_delivers(shop):
    shop.approved("a1")
    shop.review(shop.asked("a2", as_of="2026-03-02", seed=2))
    shop.review(shop.asked("a3", as_of="2026-03-03", seed=3))

    for _ in range(2):
        with pytest.raises(Superseded, match="run a3 is newer"):
            shop.gate("check", "a2")

    assert (shop.get("a2")["status"], shop.get("a2")["decided_by"]) == ("superseded", "a3")
    assert shop.gate("check", "a3") == {"status": "approved"}
