"""An activation run from score runs to Segment: every customer accounted for, every fault survived, nothing sent twice."""

from collections import Counter
from datetime import UTC, datetime
from functools import partial

import pytest

from lambdas import segment_bridge
from omnichannel.activation import segment as limits
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.segment_bridge import Bridge
from omnichannel.activation.sender import OutOfTime, Sender, SinkUnavailable
from omnichannel.activation.sent import Sent, write
from omnichannel.aws import clients
from omnichannel.contracts.environment.sinks import SegmentBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.experiments.assignment import held_out
from omnichannel.experiments.holdout import Holdout
from omnichannel.ledger.close import LedgerOpen, SinkFailed
from omnichannel.ledger.tally import closes

COUNT = 25
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def everyone(retailer):
    """25 reachable customers, scored by both models, in an audience of three parts."""
    retailer.customers(COUNT)
    return retailer.audience("run-1", retailer.score_everyone(COUNT))


def test_everyone_who_may_be_reached_is_delivered_with_the_traits(retailer, segment, everyone):
    retailer.activate(everyone, segment_bridge)

    (row,) = retailer.close(everyone, "segment")
    assert (row["in"], row["delivered"], closes(row)) == (COUNT, COUNT, True)
    assert segment.users == {f"CRM-{number}" for number in range(COUNT)}
    assert segment.taken[0]["traits"] == {
        "churn_propensity": 0.5,
        "churn_band": "low",
        "repurchase_propensity": 0.5,
        "repurchase_band": "low",
        "propensity_as_of": "2026-03-01",
    }


def test_everyone_else_is_withheld_or_rejected_with_the_reason(retailer, segment):
    refused = {"personalization/web": {"granted": False, "at": "2026-02-01T00:00:00Z"}}
    retailer.customer(0)
    retailer.customer(1, consents=refused)
    retailer.customer(2, consents=None)
    retailer.customer(3, customer_ref=None)
    retailer.customer(4, customer_ref="u" * (limits.USER_ID_CHARS + 1))
    index = retailer.audience("run-1", retailer.score_everyone(6))

    retailer.activate(index, segment_bridge)

    assert retailer.outcomes("segment", "run-1", "segment") == {
        "c_0000": "delivered",
        "c_0001": "no-consent",
        "c_0002": "no-consent",
        "c_0003": "no-segment-id",
        "c_0004": "id-too-long",
        "c_0005": "no-segment-id",
    }
    assert segment.users == {"CRM-0"}


def test_the_same_run_again_sends_nothing_and_leaves_one_row_each(retailer, segment, everyone):
    retailer.activate(everyone, segment_bridge)
    before, requests = retailer.rows("segment", "run-1", "segment"), segment.requests

    again = retailer.audience("run-1", retailer.score_everyone(COUNT))
    retailer.activate(again, segment_bridge)

    assert segment.requests == requests
    assert retailer.rows("segment", "run-1", "segment") == before
    assert retailer.close(again)[0]["delivered"] == COUNT


def test_a_later_run_with_the_same_scores_sends_nothing_and_says_so(retailer, segment, everyone):
    retailer.activate(everyone, segment_bridge)
    requests = segment.requests

    later = retailer.audience("run-2", retailer.score_everyone(COUNT, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    retailer.activate(later, segment_bridge)

    assert segment.requests == requests
    assert retailer.close(later)[0]["withheld"] == {"unchanged": COUNT}


def test_a_later_run_sends_only_what_changed(retailer, segment, everyone):
    retailer.activate(everyone, segment_bridge)
    segment.taken.clear()

    rows = [(f"c_{number:04d}", 0.9 if number == 7 else 0.5) for number in range(COUNT)]
    keys = {model: retailer.scores(model, rows, run="s2", as_of="2026-03-02") for model in ("churn", "repurchase")}
    retailer.activate(retailer.audience("run-2", keys, as_of="2026-03-02"), segment_bridge)

    assert segment.users == {"CRM-7"}


def test_an_older_run_never_overwrites_newer_scores(retailer, segment, everyone):
    newer = retailer.audience("run-2", retailer.score_everyone(COUNT, score=0.9, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    retailer.activate(newer, segment_bridge)
    requests = segment.requests

    retailer.activate(everyone, segment_bridge)

    assert segment.requests == requests
    assert retailer.close(everyone)[0]["withheld"] == {"superseded": COUNT}


def test_who_asked_for_nothing_more_gets_no_traits_and_who_closed_a_channel_does(retailer, segment, everyone):
    closed = {"reason": "request", "at": "2026-03-01T12:00:00+00:00"}
    retailer.customer(3, suppressed={"any": closed})
    retailer.customer(4, suppressed={"email": closed})

    retailer.activate(everyone, segment_bridge)

    assert "CRM-3" not in segment.users
    assert "CRM-4" in segment.users
    assert retailer.outcomes("segment", "run-1", "segment")["c_0003"] == "suppressed"


def test_a_consent_withdrawn_after_the_audience_was_made_holds(retailer, segment, everyone):
    retailer.customer(3, consents={"personalization/any": {"granted": False, "at": "2026-03-01T12:00:00Z"}})

    retailer.activate(everyone, segment_bridge)

    assert retailer.outcomes("segment", "run-1", "segment")["c_0003"] == "no-consent"
    assert "CRM-3" not in segment.users


@pytest.mark.parametrize(
    "fault",
    [503, 500, "reset", "lost", (429, {"Retry-After": "2"}), (429, {}), (429, {"Retry-After": "whenever"}), (503, {"Retry-After": "3"})],
)
def test_a_passing_fault_loses_nothing_and_mints_no_new_id(retailer, segment, everyone, fault):
    segment.script = [fault, 200, fault, fault, 200]

    retailer.activate(everyone, segment_bridge)

    rows = retailer.rows("segment", "run-1", "segment")
    assert closes(retailer.close(everyone, "segment")[0])
    assert set(segment.ids) == {row["message_id"] for row in rows.values()}
    assert max(Counter(segment.ids).values()) == (1 if fault != "lost" else 3)


def test_one_event_that_the_sink_refuses_costs_nobody_else(retailer, segment, everyone):
    segment.poison = {"CRM-13"}

    retailer.activate(everyone, segment_bridge)

    row = retailer.close(everyone, "segment")[0]
    assert (row["delivered"], row["rejected"]) == (COUNT - 1, {"refused-by-sink": 1})
    assert [who for (who, _), record in retailer.sent().items() if not record["traits_hash"]] == ["c_0013"]


def test_a_wrong_key_delivers_nothing_marks_nobody_as_told_and_fails_the_run(retailer, segment, everyone):
    segment.write_key = "another key"

    retailer.activate(everyone, segment_bridge)

    assert {record["traits_hash"] for record in retailer.sent().values()} == {""}
    with pytest.raises(SinkFailed, match=f"segment did not take {COUNT} unauthorized"):
        retailer.close(everyone, "segment")


def test_once_the_key_is_right_the_same_run_delivers(retailer, segment, everyone):
    segment.write_key = "the right key"
    retailer.activate(everyone, segment_bridge)

    clients.client("secretsmanager").put_secret_value(SecretId="segment-write-key", SecretString='{"write_key": "the right key"}')
    retailer.activate(everyone, segment_bridge)

    assert retailer.close(everyone, "segment")[0]["delivered"] == COUNT


def test_a_sink_that_stays_away_leaves_a_ledger_and_an_error_to_retry(retailer, segment, everyone):
    segment.script = [503] * 50

    with pytest.raises(SinkUnavailable):
        retailer.activate(everyone, segment_bridge)

    assert set(retailer.outcomes("segment", "run-1", "segment").values()) == {"sink-unavailable"}
    with pytest.raises(LedgerOpen):
        retailer.close(everyone, "segment")


@pytest.mark.parametrize("answered", range(1, 6))
def test_a_part_cut_short_is_carried_on_from_its_offset(retailer, segment, time, monkeypatch, answered):
    monkeypatch.setattr(limits, "BATCH_EVENTS", 2)
    monkeypatch.setenv("PART_SIZE", "100")
    retailer.customers(12)
    index = retailer.audience("run-1", retailer.score_everyone(12))
    segment.script = [200] * answered + [(429, {"Retry-After": "50"})] * 50

    (cut,) = retailer.activate(index, segment_bridge)
    first = Counter(retailer.outcomes("segment", "run-1", "segment").values())
    segment.script.clear()
    time.left += 900
    done = segment_bridge.handler(cut, retailer.context)

    assert (cut["done"], cut["offset"], done["done"], done["offset"]) == (False, 2 * answered, True, 12)
    assert first == {"delivered": 2 * answered, "sink-unavailable": 12 - 2 * answered}
    assert closes(retailer.close(index, "segment")[0])
    assert Counter(segment.ids) == {row["message_id"]: 1 for row in retailer.rows("segment", "run-1", "segment").values()}


def test_a_part_that_gets_nowhere_in_its_time_is_an_error_to_retry(retailer, segment, everyone):
    segment.script = [(429, {"Retry-After": "60"})] * 50

    with pytest.raises(OutOfTime):
        retailer.activate(everyone, segment_bridge)

    assert segment.taken == []
    assert set(retailer.outcomes("segment", "run-1", "segment").values()) == {"sink-unavailable"}


def test_a_throttled_run_stays_slower_in_its_later_parts_and_the_next_run_does_not(retailer, segment, everyone):
    segment.script = [(429, {"Retry-After": "1"}), 200, (429, {"Retry-After": "1"})]

    retailer.activate(everyone, segment_bridge)
    slower = segment_bridge._sender(SegmentBridgeEnv.load(), "run-1", retailer.context).pace
    next_run = segment_bridge._sender(SegmentBridgeEnv.load(), "run-2", retailer.context).pace

    assert (slower.now, next_run.now) == (250_000, 1_000_000)


def test_killed_between_the_sinks_word_and_ours_repeats_only_the_same_ids(retailer, segment, everyone, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("omnichannel.activation.sent.write", die)
        with pytest.raises(Killed):
            retailer.activate(everyone, segment_bridge)
    retailer.activate(everyone, segment_bridge)

    assert closes(retailer.close(everyone, "segment")[0])
    assert set(segment.ids) == {row["message_id"] for row in retailer.rows("segment", "run-1", "segment").values()}


def test_what_segment_may_have_taken_of_a_run_that_broke_off_is_sent_over_though_it_was_so_before(retailer, segment, everyone, monkeypatch):
    """Of the second run nothing is noted, Segment has its traits all the same, and the third run's are those of the first."""
    retailer.activate(everyone, segment_bridge)
    segment.taken.clear()
    changed = retailer.audience("run-2", retailer.score_everyone(COUNT, score=0.9, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    with monkeypatch.context() as patch:
        patch.setattr("omnichannel.activation.sent.write", _die)
        with pytest.raises(SystemExit):
            retailer.activate(changed, segment_bridge)
    taken = segment.users
    segment.taken.clear()

    again = retailer.audience("run-3", retailer.score_everyone(COUNT, run="s3", as_of="2026-03-03"), as_of="2026-03-03")
    retailer.activate(again, segment_bridge)

    assert taken
    assert segment.users == taken


@pytest.mark.parametrize("known", [True, False])
def test_an_older_run_does_not_take_the_place_of_what_segment_may_have_taken(retailer, segment, everyone, monkeypatch, known):
    """Neither of customers whom Segment has heard of, nor of those of whom the run that broke off was the first to tell."""
    if known:
        retailer.activate(everyone, segment_bridge)
    newer = retailer.audience("run-3", retailer.score_everyone(COUNT, score=0.9, run="s3", as_of="2026-03-03"), as_of="2026-03-03")
    with monkeypatch.context() as patch:
        patch.setattr("omnichannel.activation.sent.write", _die)
        with pytest.raises(SystemExit):
            retailer.activate(newer, segment_bridge)
    may_have = {event["userId"] for event in segment.taken if event["traits"]["propensity_as_of"] == "2026-03-03"}
    segment.taken.clear()

    older = retailer.audience("run-2", retailer.score_everyone(COUNT, score=0.1, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    retailer.activate(older, segment_bridge)

    assert may_have
    assert not segment.users & may_have


def _die(*_, **__):
    raise SystemExit


@pytest.mark.parametrize("script", [[], [400], [401] * 9, [503] * 99, ["reset"] * 99])
def test_no_personal_data_and_no_secret_is_logged(retailer, segment, everyone, script, capsys, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    segment_bridge.logger.setLevel("DEBUG")
    segment.script = script

    told = ""
    try:
        retailer.activate(everyone, segment_bridge)
    except SinkUnavailable as failure:
        told = f"{failure!r}{failure.__context__!r}"

    output = capsys.readouterr()
    told += output.out + output.err
    assert not any(canary in told for canary in ("canary", "Y2FuYXJ5", "CRM-", "c_00"))


def test_a_changed_segment_is_sent_to_whom_it_changed_for_and_nothing_the_second_time(retailer, segment, everyone):
    retailer.activate(everyone, segment_bridge)
    segment.taken.clear()
    keys = retailer.score_everyone(COUNT)
    retailer.segments({"c_0003": "Regulars", "c_0009": "Lookers"})

    index = retailer.audience("run-2", keys)
    retailer.activate(index, segment_bridge)
    sent = {event["userId"]: event["traits"]["customer_segment"] for event in segment.taken}
    again = retailer.audience("run-3", keys)
    retailer.activate(again, segment_bridge)

    assert sent == {"CRM-3": "Regulars", "CRM-9": "Lookers"}
    assert len(segment.taken) == 2
    for run, delivered in ((index, 2), (again, 0)):
        (row,) = retailer.close(run, "segment")
        assert (row["in"], row["delivered"], closes(row)) == (COUNT, delivered, True)


def test_one_percent_changed_is_one_percent_sent(retailer, segment, monkeypatch):
    monkeypatch.setattr(limits, "BATCH_EVENTS", 2)
    retailer.customers(200)
    retailer.activate(retailer.audience("run-1", retailer.score_everyone(200)), segment_bridge)
    first, taken = segment.requests, len(segment.taken)

    rows = [(f"c_{number:04d}", 0.9 if number in (11, 12) else 0.5) for number in range(200)]
    keys = {model: retailer.scores(model, rows, run="s2", as_of="2026-03-02") for model in ("churn", "repurchase")}
    retailer.activate(retailer.audience("run-2", keys, as_of="2026-03-02"), segment_bridge)

    assert (first, segment.requests - first) == (100, 1)
    assert (taken, len(segment.taken) - taken) == (200, 2)


def test_an_unchanged_run_is_no_request(retailer, segment, everyone):
    retailer.activate(everyone, segment_bridge)
    requests = segment.requests

    retailer.activate(retailer.audience("run-2", retailer.score_everyone(COUNT, run="s2")), segment_bridge)

    assert segment.requests == requests


def test_who_is_held_out_is_not_even_looked_up(retailer, segment, everyone, monkeypatch):
    salt = "2026-11"
    monkeypatch.setenv("HOLDOUT", f'{{"salt": "{salt}", "share": 0.4}}')

    retailer.activate(everyone, segment_bridge)

    out = {f"CRM-{number}" for number in range(COUNT) if held_out(salt, 0.4, f"c_{number:04d}")}
    row = retailer.close(everyone, "segment")[0]
    assert 0 < len(out) < COUNT
    assert (row["withheld"], closes(row)) == ({"holdout": len(out)}, True)
    assert segment.users == {f"CRM-{number}" for number in range(COUNT)} - out


@pytest.mark.parametrize("salt", ["2026-11", "2027-01"])
def test_nobody_held_out_hears_anything_among_ten_thousand(salt):
    holdout = Holdout(salt=salt, share=0.05)
    members = [Member(f"c_{number:05d}", f"CRM-{number}", {}) for number in range(10_000)]
    outcomes = Outcomes(part=Part(run="r", as_of="2026-03-01", key="p"), sink=Sink.SEGMENT, now=lambda: START)

    through = [member for member in members if Bridge(outcomes=outcomes, state=None, holdout=holdout).takes_part(member)]

    out = len(members) - len(through)
    assert outcomes.counts()["withheld:holdout"] == out
    assert not any(held_out(salt, 0.05, member.customer_id) for member in through)
    assert abs(out - 500) < 4 * (10_000 * 0.05 * 0.95) ** 0.5


@pytest.mark.parametrize("wait", [503, "reset", (429, {"Retry-After": "30"})])
def test_a_consent_withdrawn_while_we_wait_for_the_sink_holds(retailer, segment, everyone, time, monkeypatch, wait):
    segment.script = [wait]
    withdrawn = {"personalization/any": {"granted": False, "at": "2026-03-01T12:00:00Z"}}

    def withdraw(seconds):
        retailer.customer(3, consents=withdrawn)
        time.sleep(seconds)

    monkeypatch.setattr(segment_bridge, "Sender", partial(Sender, clock=time, sleep=withdraw))
    retailer.activate(everyone, segment_bridge)

    assert retailer.outcomes("segment", "run-1", "segment")["c_0003"] == "no-consent"
    assert "CRM-3" not in segment.users


def test_of_two_runs_that_race_the_newer_record_stays_and_the_next_run_makes_sure(retailer, segment, everyone):
    newer = retailer.audience("run-2", retailer.score_everyone(COUNT, score=0.9, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    retailer.activate(newer, segment_bridge)
    mine = Sent(customer_id="c_0003", sink="segment", traits_hash="h", message_id="m", run="run-1", as_of="2026-03-01", at="t")
    segment.taken.clear()

    overtaken = write(clients.client("dynamodb"), "sent", [mine])
    held = retailer.sent()["c_0003", "segment"]
    retailer.activate(
        retailer.audience("run-3", retailer.score_everyone(COUNT, score=0.9, run="s3", as_of="2026-03-02"), as_of="2026-03-02"),
        segment_bridge,
    )

    assert overtaken == {"c_0003"}
    assert (held["run"], held["as_of"], held["traits_hash"]) == ("run-2", "2026-03-02", "")
    assert segment.users == {"CRM-3"}
