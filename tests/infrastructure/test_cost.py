"""What the app costs, worked out from its templates."""

from pathlib import Path

import pytest

from omnichannel.contracts import prices
from omnichannel.contracts.prices import Price
from omnichannel.playbook.personalize import load
from sandbox.flow.personalize_costs import costs
from stacks.cost import KNOBS, Line, Month, Templates, event, idle, monthly, recommender
from stacks.cost_page import page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cost.md"


@pytest.fixture(scope="module")
def off() -> Templates:
    return Templates.of({})


@pytest.fixture(scope="module")
def knobs() -> dict[str, Templates]:
    return {knob: Templates.of(given) for knob, given in KNOBS.items()}


def test_the_page_is_that_of_the_templates(off: Templates, knobs: dict[str, Templates]):
    assert PAGE.read_text() == page(off, knobs, Month()), "make docs"


def test_what_bills_while_idle_is_counted_in_the_templates(off: Templates, knobs: dict[str, Templates]):
    quiet, streams = ({line.what: line.amount for line in idle(each)} for each in (off, knobs["tills=on"]))

    assert (quiet["Kinesis streams"], streams["Kinesis streams"]) == (0, len(knobs["tills=on"].all("AWS::Kinesis::Stream")))
    assert quiet["KMS keys"] == len(off.all("AWS::KMS::Key")) > 0
    assert quiet["dashboards"] == len(off.all("AWS::CloudWatch::Dashboard")) > 0


def test_every_price_is_one_that_some_figure_rests_on():
    users = [ROOT / "stacks" / "cost.py", ROOT / "sandbox" / "flow" / "personalize_costs.py"]
    read = "".join(path.read_text() for path in users)
    named = [name for name, value in vars(prices).items() if isinstance(value, Price)]

    assert [name for name in named if f"prices.{name}" not in read] == []


def test_more_events_cost_more_and_the_batch_of_the_template_counts(off: Templates, knobs: dict[str, Templates]):
    relayed = knobs["personalize=on"]
    few, many = ({what: usd for what, usd, _ in monthly(off, relayed, Month(events=size))} for size in (10**6, 10**8))
    calls = {line.what: line.amount for line in event(off, relayed, Month())}

    assert many["events"] == pytest.approx(100 * few["events"])
    assert calls[f"relay, {relayed.batch('PersonalizeRelay')} at a time: calls"] == prices.MILLION / relayed.batch("PersonalizeRelay")


def test_an_event_that_leads_to_no_decision_costs_none(off: Templates, knobs: dict[str, Templates]):
    relayed = knobs["personalize=on"]
    none, tenth, all_of_them = (
        {what: usd for what, usd, _ in monthly(off, relayed, Month(decided=share))}["live decisions"] for share in (0.0, 0.1, 1.0)
    )

    assert none == 0 < tenth
    assert all_of_them == pytest.approx(10 * tenth)


def test_a_recommender_costs_the_same_on_the_page_and_before_one_is_made():
    told = [each.idle for each in costs(load(), interactions=0, users=0) if each.what.startswith("recommender")]

    assert told == pytest.approx([recommender().usd] * len(load().recommenders))


def test_a_price_nobody_confirmed_is_marked():
    assert (Price(1, 1, "x").mark, Price(1, 1, "x", confirmed=False).mark) == ("", "?")
    assert Line(what="x", amount=3_000_000, price=Price(0.2, 1_000_000, "requests")).usd == pytest.approx(0.6)
