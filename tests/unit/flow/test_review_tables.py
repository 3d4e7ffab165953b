"""A review as a person reads it, and the run that they mean."""

import io
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from sandbox.errors import SandboxError
from sandbox.flow import review, review_commands, review_tables
from sandbox.flow.http import Answer

CHECK = {"model": "churn", "name": "movers", "value": 0.31, "tolerance": 0.2, "within": False, "says": "310 of 1,000 changed band"}
SPREAD = {"rows": 1000, "mean": 0.41, "bands": {"high": 100, "medium": 200, "low": 700}, "histogram": [0, 900, 1, *[0] * 17]}
GROUPS = [{"group": "tenure", "value": "under 90 days", "customers": 200, "mean_score": 0.6}]
LAST = {"run": "s1", "as_of": "2026-03-01", "spread": SPREAD | {"mean": 0.4}, "groups": [GROUPS[0] | {"mean_score": 0.5}]}
MOVED = {"both": 1000, "new": 5, "gone": 7, "moved": 310, "movers": {"low -> high": 300, "high -> low": 10}}
REVIEW = {
    "run": "a2b4", "as_of": "2026-03-02", "status": "waiting", "verdict": "outside", "outside": ["churn movers"], "digest": "d" * 64,
    "sending": {"customers": 1000, "changed": 412}, "scores": {"churn": {"run": "s2"}},
    "report": {
        "checks": [CHECK, CHECK | {"name": "published", "value": None, "tolerance": None, "within": True, "says": "as before"}],
        "models": {"churn": {"run": "s2", "spread": SPREAD, "groups": GROUPS, "drift": None, "last": LAST, "moved": MOVED}},
    },
}  # fmt: skip
APPROVED = REVIEW | {"status": "approved", "decided_by": "arn:aws:iam::1:user/ann", "decided_at": "2026-03-02T08:00:00", "reason": "sale"}


def said(show, *arguments):
    console = Console(file=io.StringIO(), width=200)
    show(console, *arguments)
    return console.file.getvalue()


def test_a_review_shows_what_changed_and_what_would_be_sent():
    text = said(review_tables.show, REVIEW)

    assert "1 of 2 checks outside their tolerances" in text
    assert "310 of 1,000 changed band" in text
    assert "31.0%" in text
    assert "low -> high" in text
    assert "tenure under 90 days" in text
    assert "+0.100" in text
    assert "at most 412 of 1,000 customers" in text
    assert "omni scores approve a2b4" in text


def test_a_first_run_shows_what_there_is():
    first = {"run": "s2", "spread": SPREAD, "groups": GROUPS, "drift": None}
    report = {"checks": REVIEW["report"]["checks"], "models": {"churn": first}}

    text = said(review_tables.show, REVIEW | {"verdict": "first", "report": report})

    assert "first run, so a person looks" in text
    assert "low -> high" not in text


def test_the_list_says_who_decided_and_why():
    text = said(review_tables.show_list, [REVIEW, APPROVED])

    assert "user/ann" in text
    assert "sale" in text
    assert said(review_tables.show_list, []).strip() == "No score run has been reviewed yet."


def test_a_bar_is_seen_where_somebody_is():
    assert review_tables.bars([0, 1, 900, 450]) == " ▁█▄"
    assert review_tables.bars([0, 0]) == "  "


class Api:
    """The reviews API, as far as a test says."""

    def __init__(self, monkeypatch, **answers):
        self.answers, self.posted = answers, []
        monkeypatch.setattr(review, "get_signed", lambda cloud, url, query: self.answers[url.partition("/reviews")[2] or "all"])
        monkeypatch.setattr(review, "post_signed", self.post)
        self.cloud = SimpleNamespace(deployment=SimpleNamespace(reviews_url="https://api"))

    def post(self, cloud, url, value):
        self.posted.append((url, value))
        return Answer(200, APPROVED, {})


def listed(*reviews):
    return Answer(200, {"reviews": list(reviews)}, {})


@pytest.mark.parametrize("typed", ["a2b4", "a2", "s2", "latest"])
def test_a_run_is_known_by_its_beginning_by_its_scores_or_as_what_waits(monkeypatch, typed):
    api = Api(monkeypatch, all=listed(APPROVED | {"run": "ffff", "scores": {}}, REVIEW))

    assert review.named(api.cloud, typed) == "a2b4"


def test_a_run_that_is_not_one_is_refused_with_where_they_are_listed(monkeypatch):
    api = Api(monkeypatch, all=listed(REVIEW, REVIEW | {"run": "a2ff", "scores": {}}))

    with pytest.raises(SandboxError, match="2 runs begin so"):
        review.named(api.cloud, "a2")
    with pytest.raises(SandboxError, match="no run begins so"):
        review.named(api.cloud, "zz")


def test_a_waiting_run_is_approved_with_the_reason_and_the_digest_that_was_shown(monkeypatch):
    api, told = Api(monkeypatch, **{"/a2b4": Answer(200, REVIEW, {})}), []

    found = review.approve_waiting(api.cloud, "a2b4", "looked", told.append)

    assert found["status"] == "approved"
    assert api.posted == [("https://api/reviews/a2b4/approve", {"reason": "looked", "digest": "d" * 64})]
    assert "approved by arn:aws:iam::1:user/ann: sale" in told[-1]


def test_without_a_reason_a_waiting_run_says_what_to_do(monkeypatch):
    api = Api(monkeypatch, **{"/a2b4": Answer(200, REVIEW, {})})

    with pytest.raises(SandboxError, match="waits for a person's approval") as refused:
        review.approve_waiting(api.cloud, "a2b4", "", lambda _: None)

    assert "omni scores approve a2b4" in refused.value.hint
    assert api.posted == []


def test_a_run_that_was_rejected_is_told_as_that(monkeypatch):
    rejected = APPROVED | {"status": "rejected", "reason": "half of it"}
    api = Api(monkeypatch, **{"/a2b4": Answer(200, rejected, {})})

    with pytest.raises(SandboxError, match="was rejected: half of it"):
        review.approve_waiting(api.cloud, "a2b4", "looked", lambda _: None)


def test_what_the_api_refuses_is_said_in_its_own_words(monkeypatch):
    problem = {"title": "Expired", "detail": "run a2b4 waited"}
    api = Api(monkeypatch, **{"/a2b4": Answer(409, problem, {}), "all": Answer(403, "forbidden", {})})

    with pytest.raises(SandboxError, match="HTTP 409, Expired: run a2b4 waited"):
        review.review(api.cloud, "a2b4")
    with pytest.raises(SandboxError, match="HTTP 403, forbidden"):
        review.reviews(api.cloud)


@pytest.mark.parametrize("word", ["approve", "reject"])
@pytest.mark.parametrize(("reason", "says"), [("ok", "3 to "), ("asked ann@x.example", "e-mail address")])
def test_a_reason_that_would_be_refused_is_told_before_anybody_is_asked_to_confirm(monkeypatch, word, reason, says):
    api = Api(monkeypatch, all=listed(REVIEW), **{"/a2b4": Answer(200, REVIEW, {})})
    app = typer.Typer()
    review_commands.register(app, Console(file=io.StringIO()), lambda name, environment: api.cloud)

    done = CliRunner().invoke(app, ["scores", word, "a2b4", "--reason", reason], input="y\n")

    assert isinstance(done.exception, SandboxError)
    assert says in str(done.exception)
    assert "[y/N]" not in done.output
    assert api.posted == []
